/** A question as it was asked; of a long one the beginning, so that its answer is not screens away. */

import { useSignal } from '@preact/signals'
import { useId, useRef } from 'preact/hooks'

import { words } from '../words.ts'

/** By so much more than the fold leaves in sight (`.question.folded`) that unfolding is worth a press. */
const LONG_CHARACTERS = 1200
const LONG_LINES = 16

export function QuestionText({ question }: { question: string }) {
  const id = useId()
  const text = useRef<HTMLDivElement>(null)
  const isOpen = useSignal(false)
  const isLong = question.length > LONG_CHARACTERS || question.split('\n', LONG_LINES + 1).length > LONG_LINES
  const toggle = () => {
    isOpen.value = !isOpen.value
    if (!isOpen.value) requestAnimationFrame(() => text.current?.scrollIntoView({ block: 'nearest' }))
  }
  return (
    <>
      <div class={isLong && !isOpen.value ? 'question folded' : 'question'} dir="auto" id={id} ref={text}>{question}</div>
      {isLong && (
        <button type="button" class="quiet small unfold-question" aria-expanded={isOpen.value} aria-controls={id} onClick={toggle}>
          {isOpen.value ? words.showLess : words.showAll}
        </button>
      )}
    </>
  )
}
