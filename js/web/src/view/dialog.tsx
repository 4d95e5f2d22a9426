/** A dialog over the page: the browser keeps the focus in it and gives it back afterwards. */

import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'

import { closeDialog, dialog, type DialogShown } from '../state/dialog.ts'
import { words } from '../words.ts'
import { CloseIcon } from './icons.tsx'
import { SearchDialog } from './search-dialog.tsx'
import { SettingsDialog } from './settings-dialog.tsx'
import { ShareDialog } from './share-dialog.tsx'
import { ShortcutsDialog } from './shortcuts-dialog.tsx'

/** Each opening has an element of its own: one that is on its way out cannot take the next with it. */
export function Dialogs() {
  const shown = dialog.value
  return shown && <Dialog key={shown} shown={shown} title={titleOf(shown)}>{contentOf(shown)}</Dialog>
}

function titleOf(shown: DialogShown): string {
  switch (shown.kind) {
    case 'settings':
      return words.settings
    case 'shortcuts':
      return words.shortcuts
    case 'search':
      return words.searchChats
    case 'share':
      return words.share
    default:
      return shown satisfies never
  }
}

function contentOf(shown: DialogShown): ComponentChildren {
  switch (shown.kind) {
    case 'settings':
      return <SettingsDialog />
    case 'shortcuts':
      return <ShortcutsDialog />
    case 'search':
      return <SearchDialog />
    case 'share':
      return <ShareDialog chatId={shown.chatId} title={shown.title} />
    default:
      return shown satisfies never
  }
}

function Dialog({ shown, title, children }: { shown: DialogShown; title: string; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null)
  const id = useId()
  // Before anything else is typed, which would go to the page below.
  useLayoutEffect(() => {
    const element = box.current as HTMLDialogElement
    element.showModal()
    // Not the first button, which the browser would take: nobody opens a dialog to close it.
    ;(element.querySelector<HTMLElement>('input[autofocus]') ?? element.querySelector('h2'))?.focus()
    return () => element.close()
  }, [])
  const isTitleHidden = shown.kind === 'search'
  // The browser says that a dialog is closed a moment after it is.
  const closed = () => dialog.value === shown && closeDialog()
  // A press on the backdrop is a press on the dialog itself: what it shows lies in boxes of its own.
  const pressed = (event: MouseEvent) => event.target === box.current && closeDialog()
  return (
    <dialog ref={box} class={`dialog ${shown.kind}`} aria-labelledby={id} onClose={closed} onPointerDown={pressed}>
      <div class="dialog-box">
        <header class={isTitleHidden ? 'off-screen' : 'dialog-head'}>
          <h2 id={id} tabIndex={-1}>{title}</h2>
          {!isTitleHidden && (
            <button type="button" class="round" onClick={closeDialog} aria-label={words.close} title={words.close}><CloseIcon /></button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  )
}
