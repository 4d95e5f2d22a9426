/** Light, dark, or as the system says; remembered on this device. */

import { effect } from '@preact/signals'

import { choice } from './kept.ts'

export const THEMES = ['auto', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

export const theme = choice('theme', THEMES)

effect(() => {
  document.documentElement.dataset['theme'] = theme.value
})
