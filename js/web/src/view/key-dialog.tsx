/** Asks for the server's key when the server does. */

import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'

import { giveKey, keyPrompt } from '../state/server.ts'
import { words } from '../words.ts'
import { Mark } from './mark.tsx'

export function KeyDialog() {
  const dialog = useRef<HTMLDialogElement>(null)
  const typed = useSignal('')
  const isShown = keyPrompt.value !== 'hidden'
  useLayoutEffect(() => {
    if (isShown) dialog.current?.showModal()
    else dialog.current?.close()
  }, [isShown])
  const submit = (event: Event) => {
    event.preventDefault()
    if (!typed.value.trim()) return
    giveKey(typed.value)
    typed.value = ''
  }
  return (
    <dialog ref={dialog} class="key-dialog" aria-labelledby="key-title" onCancel={(event) => event.preventDefault()}>
      {isShown && (
        <form onSubmit={submit}>
          <Mark size={36} />
          <h2 id="key-title">{words.keyTitle}</h2>
          <p>{words.keyBody}</p>
          <label>
            <span>{words.keyLabel}</span>
            <input type="password" value={typed.value} onInput={(event) => (typed.value = event.currentTarget.value)}
              autocomplete="current-password" autofocus required dir="ltr" />
          </label>
          {keyPrompt.value === 'refused' && <p class="row-problem" role="alert">{words.keyWrong}</p>}
          <button type="submit" class="primary">{words.keyContinue}</button>
        </form>
      )}
    </dialog>
  )
}
