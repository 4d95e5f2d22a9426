/** Light, dark, or as the system says; remembered on this device. */

import { effect, signal } from '@preact/signals'

const THEMES = ['auto', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const STORE = 'rivulet.theme'

export const theme = signal<Theme>(remembered())

export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] as Theme
}

effect(() => {
  document.documentElement.dataset['theme'] = theme.value
  try {
    localStorage.setItem(STORE, theme.value)
  } catch {
    // Without storage the choice lasts as long as the page.
  }
})

function remembered(): Theme {
  try {
    const kept = localStorage.getItem(STORE)
    return THEMES.find((one) => one === kept) ?? 'auto'
  } catch {
    return 'auto'
  }
}
