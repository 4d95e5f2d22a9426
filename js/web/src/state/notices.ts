/** What the page says to people who listen instead of look: one sentence at a time, never per token. */

import { signal } from '@preact/signals'

export const announcement = signal('')

export function announce(sentence: string): void {
  announcement.value = sentence
}
