/** A question being rewritten in its place. The one before stays within reach. */

import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'

import type { OpenChat } from '../state/chat.ts'
import type { Exchange } from '../state/exchange.ts'
import { words } from '../words.ts'
import { fit, isSendingEnter, LONGEST } from './field.ts'

export function EditForm({ chat, exchange, close }: { chat: OpenChat; exchange: Exchange; close: () => void }) {
  const draft = useSignal(exchange.question)
  const field = useRef<HTMLTextAreaElement>(null)
  const isRunning = chat.running.value !== null
  const canSend = !isRunning && draft.value.trim() !== '' && [...draft.value].length <= LONGEST
  useLayoutEffect(() => {
    const area = field.current as HTMLTextAreaElement
    area.focus({ preventScroll: true })
    area.setSelectionRange(area.value.length, area.value.length)
    fit(area)
    area.form?.scrollIntoView({ block: 'nearest' })
  }, [])
  useLayoutEffect(() => fit(field.current as HTMLTextAreaElement), [draft.value])
  const send = (event: Event) => {
    event.preventDefault()
    if (!canSend) return
    const question = draft.value.trim()
    void chat.edit(exchange, question).then((isTaken) => isTaken || chat.keep(question))
    close()
  }
  const keyed = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.preventDefault()
      event.stopPropagation()
      close()
    } else if (isSendingEnter(event)) send(event)
  }
  return (
    <form class="edit" onSubmit={send}>
      <textarea ref={field} rows={1} dir="auto" value={draft.value} aria-label={words.editQuestion}
        onInput={(event) => (draft.value = event.currentTarget.value)} onKeyDown={keyed} />
      <p class="muted">{words.editNote}</p>
      <div class="buttons">
        <button type="button" class="plain-button" onClick={close}>{words.cancel}</button>
        <button type="submit" class="primary" disabled={!canSend}>{words.editSend}</button>
      </div>
    </form>
  )
}
