/** Where questions are written. One button sends and, while an answer is written, stops. */

import { useSignal, type Signal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'

import type { OpenChat } from '../state/chat.ts'
import { tab } from '../state/kept.ts'
import { chosenModel, models } from '../state/models.ts'
import { whileAnswering } from '../state/settings.ts'
import { words } from '../words.ts'
import { AddFiles } from './add-files.tsx'
import { fit, isSendingEnter, LONGEST } from './field.ts'
import { QueueIcon, SendIcon, StopIcon } from './icons.tsx'
import { QueueChips } from './queue-chips.tsx'

export function Composer({ chat }: { chat: OpenChat }) {
  const draft = useDraft(chat)
  const isRefused = useSignal(false)
  const field = useRef<HTMLTextAreaElement>(null)
  const running = chat.running.value
  const isLocked = running !== null && whileAnswering.value === 'lock'
  const length = [...draft.value].length
  const canSend = draft.value.trim() !== '' && length <= LONGEST
  const canQueue = running !== null && whileAnswering.value === 'queue' && canSend

  useLayoutEffect(() => fit(field.current as HTMLTextAreaElement), [draft.value, chat])
  useFocus(chat, isLocked, field)
  useEffect(() => {
    if (!running) isRefused.value = false
  }, [running])

  const put = (question: string) => (draft.value = draft.value.trim() ? `${question}\n${draft.value}` : question)
  const { unsent } = chat
  useLayoutEffect(() => {
    if (!unsent.value) return
    put(unsent.value)
    unsent.value = ''
    isRefused.value = chat.running.value !== null
  }, [chat, unsent.value])

  const send = async () => {
    if (!canSend) return
    if (running && whileAnswering.value !== 'queue') {
      isRefused.value = true
      return
    }
    const question = draft.value.trim()
    draft.value = ''
    await chat.put(question)
  }
  const edit = (question: string) => {
    put(question)
    field.current?.focus()
  }
  const keyed = (event: KeyboardEvent) => {
    if (!isSendingEnter(event)) return
    event.preventDefault()
    void send()
  }
  return (
    <>
      <QueueChips chat={chat} edit={edit} />
      <form class="composer" id="ask" data-locked={isLocked} onSubmit={(event) => (event.preventDefault(), void send())}>
        <textarea ref={field} rows={1} value={draft.value} placeholder={isLocked ? words.locked : words.ask} aria-label={words.askLabel}
          dir="auto" disabled={isLocked} onInput={(event) => (draft.value = event.currentTarget.value)} onKeyDown={keyed} enterkeyhint="send" />
        <div class="composer-row">
          <AddFiles isSmall />
          {models.value.length > 1 && <ModelChoice />}
          <p class="hint" role="status">{hintOf(length, isRefused.value)}</p>
          {canQueue && (
            <button type="submit" class="go add" aria-label={words.queueAdd} title={words.queueAdd}><QueueIcon /></button>
          )}
          {/* One button with two meanings, changed in place; never `disabled`, which would take the focus away. */}
          <button type={running ? 'button' : 'submit'} class={running ? 'go stop' : 'go'} aria-label={running ? words.stop : words.send}
            title={running ? words.stop : words.send} aria-disabled={running ? running.phase.value === 'stopping' : !canSend}
            onClick={(event) => running && (event.preventDefault(), void chat.stop())}>
            {running ? <StopIcon /> : <SendIcon />}
          </button>
        </div>
      </form>
    </>
  )
}

/** What is being written, kept for each chat over a reload and over a look at another chat. */
function useDraft(chat: OpenChat): Signal<string> {
  const draft = useSignal('')
  const name = useRef('')
  const wanted = `draft.${chat.id ?? 'new'}`
  useLayoutEffect(() => {
    // A new chat that was just given its id goes on with what is in the field.
    const isSame = name.current === 'draft.new' && chat.exchanges.all.peek().length > 0
    if (!isSame) draft.value = textOf(tab.get(wanted))
    else tab.set(name.current, undefined)
    name.current = wanted
  }, [chat, wanted])
  // Before the next paint: a reload may come in the same moment.
  useLayoutEffect(() => {
    if (name.current) tab.set(name.current, draft.value || undefined)
  }, [draft.value])
  return draft
}

const textOf = (stored: unknown) => (typeof stored === 'string' ? stored : '')

/** The field has the focus when a chat is opened, and again when it is unlocked, if nobody has gone elsewhere. Where
 * there is no mouse, the focus would bring up a keyboard that nobody asked for. */
function useFocus(chat: OpenChat, isLocked: boolean, field: { current: HTMLTextAreaElement | null }): void {
  const hadFocus = useRef(false)
  const wasCovered = useRef(false)
  // At once, for what is typed next; under a dialog that is about to go, once it has gone.
  useLayoutEffect(() => {
    if (!matchMedia('(pointer: fine)').matches) return
    field.current?.focus({ preventScroll: true })
    wasCovered.current = document.activeElement !== field.current
  }, [chat])
  useEffect(() => {
    if (wasCovered.current) field.current?.focus({ preventScroll: true })
    wasCovered.current = false
  }, [chat])
  useLayoutEffect(() => {
    const isNowhere = document.activeElement === document.body || document.activeElement === null
    if (isLocked) hadFocus.current = isNowhere || document.activeElement === field.current
    else if (hadFocus.current && isNowhere) field.current?.focus({ preventScroll: true })
    if (!isLocked) hadFocus.current = false
  }, [isLocked])
}

function hintOf(length: number, isRefused: boolean): string {
  if (length > LONGEST) return words.tooLong(length)
  return isRefused ? words.stillAnswering : ''
}

function ModelChoice() {
  const standard = models.value.find((one) => one.is_default)?.id ?? ''
  return (
    <select class="model" aria-label={words.model} title={words.model} value={chosenModel.value ?? standard}
      onChange={(event) => (chosenModel.value = event.currentTarget.value)}>
      {models.value.map(({ id }) => <option key={id} value={id}>{id}</option>)}
    </select>
  )
}
