/** Keyboard shortcuts: what can be done, by which keys, and how somebody changes them. */

import { computed } from '@preact/signals'

import { kept } from './kept.ts'

/** The keys people know from other chats. None of them is one the browser needs. */
const STANDARD = {
  newChat: 'Ctrl+Shift+O',
  search: 'Ctrl+K',
  focus: 'Shift+Escape',
  stop: 'Escape',
  copyAnswer: 'Ctrl+Shift+Y',
  copyCode: 'Ctrl+Shift+;',
  rail: 'Ctrl+Shift+S',
  settings: 'Ctrl+,',
  shortcuts: 'Ctrl+/',
} as const

export type Action = keyof typeof STANDARD
export const ACTIONS = Object.keys(STANDARD) as Action[]

/** Reloading, closing, opening and finding belong to the browser, and so do copying and pasting. */
const TAKEN = new Set(
  ['R', 'Shift+R', 'W', 'Shift+W', 'T', 'Shift+T', 'N', 'Shift+N', 'L', 'F', 'P', 'Q', 'A', 'C', 'V', 'X', 'Z', 'Shift+Z', 'Shift+I', 'Tab', 'Shift+Tab', '+', '-', '0']
    .map((key) => `Ctrl+${key}`).concat(['F1', 'F3', 'F5', 'F11', 'F12', 'Ctrl+F5']),
)

const changed = kept<Partial<Record<Action, string>>>('keys', read)

export const keys = computed(() => ({ ...STANDARD, ...changed.value }) as Record<Action, string>)
export const areKeysChanged = computed(() => Object.keys(changed.value).length > 0)

/** What a press means. `?` opens the list wherever nobody is typing. */
export function actionOf(event: KeyboardEvent): Action | undefined {
  if (event.isComposing || event.keyCode === 229) return undefined
  if (event.key === '?' && !isTyping(event)) return 'shortcuts'
  const chord = chordOf(event)
  return chord === undefined ? undefined : ACTIONS.find((action) => keys.value[action] === chord)
}

export type Refusal = 'plain' | 'taken' | { usedBy: Action }

/** Gives an action other keys; says why not where that would take something away. */
export function bind(action: Action, chord: string): Refusal | undefined {
  if (TAKEN.has(chord)) return 'taken'
  if (!/^(Ctrl|Alt|Shift\+(F\d|Escape)|F\d|Escape)/.test(chord)) return 'plain'
  const usedBy = ACTIONS.find((one) => one !== action && keys.value[one] === chord)
  if (usedBy) return { usedBy }
  const { [action]: _, ...others } = changed.value
  changed.value = chord === STANDARD[action] ? others : { ...others, [action]: chord }
  return undefined
}

export function resetKeys(): void {
  changed.value = {}
}

/** Ctrl stands for ⌘ too, so that one list serves every keyboard. Undefined while only such keys are down. */
export function chordOf(event: KeyboardEvent): string | undefined {
  if (['Control', 'Shift', 'Alt', 'Meta', 'AltGraph', 'Dead', 'Unidentified', 'Process'].includes(event.key)) return undefined
  // AltGr makes characters of its own and is Ctrl+Alt to the browser.
  if (event.getModifierState?.('AltGraph')) return undefined
  const key = keyOf(event)
  const parts = [event.ctrlKey || event.metaKey ? 'Ctrl' : '', event.altKey ? 'Alt' : '', event.shiftKey && key !== '?' ? 'Shift' : '', key]
  return parts.filter(Boolean).join('+')
}

/** By its place where Shift changes what is written there, by its letter otherwise. */
function keyOf({ key, code, shiftKey }: KeyboardEvent): string {
  const places: Record<string, string> = { Semicolon: ';', Comma: ',', Slash: '/', Period: '.', Space: 'Space' }
  const place = places[code]
  if (place && (shiftKey || place === 'Space' || key === place)) return place
  return key.length === 1 ? key.toUpperCase() : key
}

function isTyping({ target }: KeyboardEvent): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** Only what this version knows. */
function read(stored: unknown): Partial<Record<Action, string>> {
  if (typeof stored !== 'object' || stored === null) return {}
  const pairs = Object.entries(stored).filter(([action, chord]) => action in STANDARD && typeof chord === 'string')
  return Object.fromEntries(pairs) as Partial<Record<Action, string>>
}
