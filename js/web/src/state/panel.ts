/** What the drawer at the side shows, and how wide it is. */

import { effect, signal } from '@preact/signals'

import type { Artifact } from './artifacts.ts'
import { kept } from './kept.ts'
import type { Reference } from './references.ts'

export type Panel =
  | { kind: 'documents' }
  | { kind: 'passage'; references: readonly Reference[]; index: number }
  | { kind: 'document'; id: string; title: string }
  /** All versions of one thing, oldest first. */
  | { kind: 'artifact'; versions: readonly Artifact[]; index: number }

export const panel = signal<Panel | null>(null)

/** In CSS pixels: as wide as two fingers' columns of text, and what leaves the conversation readable. */
export const NARROWEST = 320
export const WIDEST = 900
const STANDARD = 424

export const drawerWidth = kept('drawer', (stored) => (typeof stored === 'number' && stored >= NARROWEST && stored <= WIDEST ? stored : STANDARD))

let opener: HTMLElement | null = null

/** Opens the drawer; closing it will put the focus back where it is now. */
export function openPanel(next: Panel): void {
  if (!panel.value && document.activeElement instanceof HTMLElement) opener = document.activeElement
  panel.value = next
}

export function closePanel(): void {
  panel.value = null
  opener?.focus()
  opener = null
}

/** What belongs to a chat goes when that is left: an artifact would send its errors to another one. */
export function leavePanel(): void {
  const kind = panel.peek()?.kind
  if (kind === 'artifact' || kind === 'passage') panel.value = null
}

/** A drag or an arrow key asks for a width; the conversation keeps its share of the window. */
export function widen(width: number): void {
  drawerWidth.value = Math.round(Math.min(WIDEST, innerWidth * 0.6, Math.max(NARROWEST, width)))
}

effect(() => document.documentElement.style.setProperty('--drawer', `${drawerWidth.value}px`))
