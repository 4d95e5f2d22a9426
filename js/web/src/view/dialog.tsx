/** A dialog over the page: the browser keeps the focus in it and gives it back afterwards. */

import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

import { closeDialog, dialog } from '../state/dialog.ts'
import { words } from '../words.ts'
import { CloseIcon } from './icons.tsx'
import { SearchDialog } from './search-dialog.tsx'
import { SettingsDialog } from './settings-dialog.tsx'
import { ShareDialog } from './share-dialog.tsx'
import { ShortcutsDialog } from './shortcuts-dialog.tsx'

export function Dialogs() {
  const shown = dialog.value
  switch (shown?.kind) {
    case undefined:
      return null
    case 'settings':
      return <Dialog name="settings" title={words.settings}><SettingsDialog /></Dialog>
    case 'shortcuts':
      return <Dialog name="shortcuts" title={words.shortcuts}><ShortcutsDialog /></Dialog>
    case 'search':
      return <Dialog name="search" title={words.searchChats} isTitleHidden><SearchDialog /></Dialog>
    case 'share':
      return <Dialog name="share" title={words.share}><ShareDialog chatId={shown.chatId} title={shown.title} /></Dialog>
    default:
      return shown satisfies never
  }
}

interface Props {
  name: string
  title: string
  isTitleHidden?: boolean
  children: ComponentChildren
}

function Dialog({ name, title, isTitleHidden = false, children }: Props) {
  const box = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const element = box.current as HTMLDialogElement
    element.showModal()
    // Not the first button, which the browser would take: nobody opens a dialog to close it.
    ;(element.querySelector<HTMLElement>('input[autofocus]') ?? element.querySelector('h2'))?.focus()
    return () => element.close()
  }, [])
  // A press on the backdrop is a press on the dialog itself: what it shows lies in boxes of its own.
  const pressed = (event: MouseEvent) => event.target === box.current && closeDialog()
  return (
    <dialog ref={box} class={`dialog ${name}`} aria-labelledby={id} onClose={closeDialog} onPointerDown={pressed}>
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
