/** How an answer came about, kept after it: its stages with their times, folded into one line. */

import { useSignal } from '@preact/signals'

import type { Answer, Step } from '../state/answer.ts'
import { attempt } from '../state/notices.ts'
import { server } from '../state/server.ts'
import { words } from '../words.ts'
import { ChevronIcon } from './icons.tsx'
import { nameOf } from './stage-line.tsx'

export function Trace({ answer }: { answer: Answer }) {
  const isOpen = useSignal(false)
  if (!answer.turnId) return null
  const toggled = (event: Event & { currentTarget: HTMLDetailsElement }) => {
    isOpen.value = event.currentTarget.open
    if (isOpen.value) void recall(answer)
  }
  return (
    <details class="fold trace" onToggle={toggled}>
      <summary><ChevronIcon /><span>{titleOf(answer)}</span></summary>
      {isOpen.value && (
        <ol class="steps">
          {answer.steps.value.map((step) => (
            <li key={step.id} data-status={step.status}>
              <span>{nameOf(step)}{step.status === 'failed' && ` – ${words.toolStatus.failed}`}</span>
              {step.duration !== undefined && <span class="figure">{words.say.duration(step.duration)}</span>}
            </li>
          ))}
        </ol>
      )}
    </details>
  )
}

/** Asks the server for what the page was not told while it looked elsewhere. */
export async function recall(answer: Answer): Promise<void> {
  if (answer.isRunning || answer.turn.value) return
  await attempt(server.turns.get(answer.turnId).then((turn) => answer.recall(turn)))
}

function titleOf(answer: Answer): string {
  const stage = answer.stage.value
  if (answer.isRunning) return stage ? nameOf(stage as Step) : words.answeringNow
  const took = answer.timing.value?.duration_ms
  const isWhole = answer.status.value === 'completed'
  return took === undefined || !isWhole ? words.howAnswered : words.answeredIn(words.say.duration(took))
}
