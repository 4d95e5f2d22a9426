/** Where questions are written. One button sends and, while an answer is written, stops. */

import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

import type { OpenChat } from '../state/chat.ts'
import { chosenModel, modelForQuestion, models } from '../state/models.ts'
import { words } from '../words.ts'
import { AddFiles } from './add-files.tsx'
import { SendIcon, StopIcon } from './icons.tsx'

const LONGEST = 32_000

export function Composer({ chat }: { chat: OpenChat }) {
  const draft = useSignal('')
  const isHeld = useSignal(false)
  const field = useRef<HTMLTextAreaElement>(null)
  const running = chat.running.value
  const length = [...draft.value].length
  const canSend = draft.value.trim() !== '' && length <= LONGEST

  useEffect(() => fit(field.current as HTMLTextAreaElement), [draft.value])
  // Where there is no mouse, the focus would bring up a keyboard that nobody asked for.
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) field.current?.focus({ preventScroll: true })
  }, [chat])
  useEffect(() => {
    if (!running) isHeld.value = false
  }, [running])

  const send = async () => {
    if (running) isHeld.value = true
    if (running || !canSend) return
    const question = draft.value.trim()
    draft.value = ''
    const isTaken = await chat.ask(question, modelForQuestion.value)
    if (!isTaken && !draft.value) draft.value = question
  }
  const keyed = (event: KeyboardEvent) => {
    // An input method uses Enter to accept its suggestion; 229 is what older Safari says of it.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    void send()
  }
  return (
    <form class="composer" id="ask" onSubmit={(event) => (event.preventDefault(), void send())}>
      <textarea ref={field} rows={1} value={draft.value} placeholder={words.ask} aria-label={words.askLabel} dir="auto"
        onInput={(event) => (draft.value = event.currentTarget.value)} onKeyDown={keyed} enterkeyhint="send" />
      <div class="composer-row">
        <AddFiles isSmall />
        {models.value.length > 1 && <ModelChoice />}
        <p class="hint" role="status">{hintOf(length, isHeld.value)}</p>
        {running ? (
          <button type="button" class="go stop" onClick={() => void chat.stop()} disabled={running.phase.value === 'stopping'} aria-label={words.stop} title={words.stop}>
            <StopIcon />
          </button>
        ) : (
          <button type="submit" class="go" disabled={!canSend} aria-label={words.send} title={words.send}>
            <SendIcon />
          </button>
        )}
      </div>
    </form>
  )
}

function hintOf(length: number, isHeld: boolean): string {
  if (length > LONGEST) return words.tooLong(length)
  return isHeld ? words.stillAnswering : ''
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

/** As high as the text, up to the limit that the style sheet sets. */
function fit(field: HTMLTextAreaElement): void {
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight}px`
}
