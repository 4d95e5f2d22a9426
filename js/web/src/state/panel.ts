/** What the drawer at the side shows. */

import { signal } from '@preact/signals'
import type { Passage } from '@rivulet/client'

export type Panel =
  | { kind: 'documents' }
  /** `quote` is the sentence of the passage that a citation rests on, when it is known. */
  | { kind: 'passage'; passages: readonly Passage[]; index: number; quote?: string | undefined }
  | { kind: 'document'; id: string; title: string }

export const panel = signal<Panel | null>(null)

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
