/** What is being done right now: one line, replaced in place. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

import type { Answer, Step } from '../state/answer.ts'
import { language, words } from '../words.ts'

/** Seconds are shown once somebody might wonder. */
const WONDER_S = 2

/** The page's own hidden status tells the same to those who listen, so this one is not live: twice would be noise. */
export function StageLine({ answer }: { answer: Answer }) {
  return (
    <p class="stage">
      <span class="ripple" aria-hidden="true"><i /><i /><i /></span>
      <span role="status" aria-live="off">{doing(answer)}</span>
      <Seconds since={answer.since} />
    </p>
  )
}

/** What is being done, in words; the same for eyes and ears. */
export function doing(answer: Answer): string {
  if (answer.phase.value === 'stopping') return words.stopping
  const stage = answer.stage.value
  return `${stage ? nameOf(stage) : words.sending}…`
}

/** What the server calls its own stages; a graph has names of its own, which nobody can translate. */
const OURS = /^(?:Searching documents|Choosing passages|Writing the answer|Waiting for the (?:answer before|model))$/

export function nameOf({ name, label }: Pick<Step, 'name' | 'label'>): string {
  const isOurs = language.value !== 'en' && OURS.test(label ?? '')
  if (label && !isOurs && !/^[a-z_]+$/.test(label)) return label
  return words.stages[name] ?? name.replaceAll('_', ' ').replace(/^\w/, (letter) => letter.toUpperCase())
}

function Seconds({ since }: { since: number }) {
  const passed = () => Math.floor((performance.now() - since) / 1000)
  const seconds = useSignal(passed())
  useEffect(() => {
    const timer = setInterval(() => (seconds.value = passed()), 1000)
    return () => clearInterval(timer)
  }, [since])
  return seconds.value >= WONDER_S ? <span class="seconds" aria-hidden="true">{words.say.seconds(seconds.value)}</span> : null
}
