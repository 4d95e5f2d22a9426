/** What is said below an answer that is not all it should have been. */

import type { Answer } from '../state/answer.ts'
import { words } from '../words.ts'

export function noteOf(answer: Answer): string | null {
  if (answer.status.value === 'cancelled') return answer.text ? words.stopped : words.stoppedEmpty
  if (answer.status.value === 'incomplete' && !answer.failure.value) return words.incomplete
  if (answer.status.value === 'completed' && !answer.text && !answer.tools.value.length) return words.nothing
  return null
}
