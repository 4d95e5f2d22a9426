/** How somebody wants the page to be: chosen in the settings, remembered on this device. What belongs to the person
 * and not to the device is kept by the server as well (`preferences.ts`). */

import { computed, effect, signal } from '@preact/signals'

import { choice } from './kept.ts'

export const DENSITIES = ['comfortable', 'compact'] as const
export const WHILE_ANSWERING = ['queue', 'draft', 'lock'] as const
export const STREAMING = ['auto', 'on', 'off'] as const
export const USAGE = ['asked', 'always', 'never'] as const

export const density = choice('density', DENSITIES)
/** What the composer does with a question while an answer is written. */
export const whileAnswering = choice('while-answering', WHILE_ANSWERING)
export const streaming = choice('streaming', STREAMING)
/** When the figures of an answer are shown. */
export const usage = choice('usage', USAGE)

/** Whether the server has said what was chosen elsewhere, or does not answer. Before that nobody can tell whether
 * parts of answers are wanted. */
export const isSettled = signal(false)

/** Screens such as electronic paper cannot show text as it is written; `auto` leaves them the whole answer. */
export const showsPartOfAnswers = computed(
  () => isSettled.value && (streaming.value === 'on' || (streaming.value === 'auto' && !matchMedia('(update: slow)').matches)),
)

effect(() => {
  document.documentElement.dataset['density'] = density.value
})
