/** What is being done right now, until the first word: one line, replaced in place. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

import type { Answer, Stage } from '../state/answer.ts'
import { words } from '../words.ts'

/** Seconds are shown once somebody might wonder. */
const WONDER_S = 2

export function StageLine({ answer }: { answer: Answer }) {
  const phase = answer.phase.value
  const stage = answer.stage.value
  const text = phase === 'stopping' ? words.stopping : stage ? `${nameOf(stage)}…` : `${words.sending}…`
  return (
    <p class="stage">
      <span class="ripple" aria-hidden="true"><i /><i /><i /></span>
      <span role="status">{text}</span>
      <Seconds />
    </p>
  )
}

function nameOf({ name, label }: Stage): string {
  if (label && !/^[a-z_]+$/.test(label)) return label
  return words.stages[name] ?? name.replaceAll('_', ' ').replace(/^\w/, (letter) => letter.toUpperCase())
}

function Seconds() {
  const seconds = useSignal(0)
  useEffect(() => {
    const timer = setInterval(() => (seconds.value += 1), 1000)
    return () => clearInterval(timer)
  }, [])
  return seconds.value >= WONDER_S ? <span class="seconds" aria-hidden="true">{words.say.seconds(seconds.value)}</span> : null
}
