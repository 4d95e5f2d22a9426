/** Which dialog is open; there is one at a time. */

import { signal } from '@preact/signals'

export type DialogShown =
  | { kind: 'settings' }
  | { kind: 'shortcuts' }
  | { kind: 'search' }
  | { kind: 'share'; chatId: string; title: string }

export const dialog = signal<DialogShown | null>(null)

export function openDialog(next: DialogShown): void {
  dialog.value = next
}

export function closeDialog(): void {
  dialog.value = null
}

/** Whether something lies over the page that has Esc and the keyboard to itself. */
export function isCovered(): boolean {
  return document.querySelector('dialog[open], :popover-open') !== null
}
