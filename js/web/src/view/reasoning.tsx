/** What the model thought before it answered. */

import type { Answer } from '../state/answer.ts'
import { words } from '../words.ts'

export function Reasoning({ answer }: { answer: Answer }) {
  void answer.changed.value
  if (!answer.reasoning) return null
  const isThinking = answer.isRunning && !answer.text
  return (
    <details class="trace" open={isThinking}>
      <summary>{isThinking ? words.thinking : words.reasoning}</summary>
      <p class="plain" dir="auto">{answer.reasoning}</p>
    </details>
  )
}
