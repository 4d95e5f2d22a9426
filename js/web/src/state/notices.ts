/** What the page says by itself: to people who listen, one sentence at a time and never per token; to everybody,
 * what did not work. */

import { effect, signal } from '@preact/signals'

import { messageOf } from './reason.ts'

/** For a hidden status region. */
export const announcement = signal('')
/** For everybody to see, for a while. */
export const problem = signal<string | null>(null)

/** Long enough to read two lines. */
const SHOWN_MS = 7000

export function announce(sentence: string): void {
  announcement.value = sentence
}

/** Waits for something whose failure nobody else would hear of. */
export async function attempt(work: Promise<unknown>): Promise<void> {
  problem.value = null
  try {
    await work
  } catch (failure) {
    problem.value = messageOf(failure)
  }
}

effect(() => {
  if (problem.value === null) return
  const timer = setTimeout(() => (problem.value = null), SHOWN_MS)
  return () => clearTimeout(timer)
})
