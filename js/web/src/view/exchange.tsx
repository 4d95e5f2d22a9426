/** A question with its answer, and the way to the other questions and answers that stand in their places. */

import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'

import type { OpenChat } from '../state/chat.ts'
import type { Exchange } from '../state/exchange.ts'
import { words } from '../words.ts'
import { AnswerView } from './answer.tsx'
import { Branches } from './branches.tsx'
import { CopyButton } from './copy-button.tsx'
import { EditForm } from './edit-form.tsx'
import { PencilIcon } from './icons.tsx'
import { QuestionText } from './question-text.tsx'

interface Props {
  chat: OpenChat
  exchange: Exchange
  isLast: boolean
}

export function ExchangeView({ chat, exchange, isLast }: Props) {
  const answer = exchange.answer.value
  const isBegun = isLast && chat.begun.value === exchange
  return (
    <article class={isBegun ? 'exchange begun' : 'exchange'}>
      <QuestionView chat={chat} exchange={exchange} />
      {answer && <AnswerView key={answer.key} chat={chat} exchange={exchange} answer={answer} />}
    </article>
  )
}

function QuestionView({ chat, exchange }: Omit<Props, 'isLast'>) {
  const isEditing = useSignal(false)
  const pencil = useRef<HTMLButtonElement>(null)
  const close = () => {
    isEditing.value = false
    requestAnimationFrame(() => pencil.current?.focus())
  }
  if (isEditing.value) return <EditForm chat={chat} exchange={exchange} close={close} />
  const canChange = chat.running.value === null
  return (
    <div class="asked">
      {/* Outside: the question's direction is that of its own first letter. */}
      <span class="off-screen">{words.you}: </span>
      <QuestionText question={exchange.question} />
      <div class="question-actions">
        <CopyButton text={() => exchange.question} label={words.copyQuestion} isSmall />
        {canChange && (
          <button type="button" class="quiet small" ref={pencil} aria-label={words.editQuestion} title={words.editQuestion}
            onClick={() => (isEditing.value = true)}>
            <PencilIcon />
          </button>
        )}
        <Branches chat={chat} turns={exchange.edits.value} current={exchange.turnId} of="question" />
      </div>
    </div>
  )
}
