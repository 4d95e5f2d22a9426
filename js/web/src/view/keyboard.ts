/** What the keys of the page do. */

import { useLayoutEffect } from 'preact/hooks'

import type { OpenChat } from '../state/chat.ts'
import { copiedAnswer } from '../state/copied-answer.ts'
import { isCovered, openDialog } from '../state/dialog.ts'
import { actionOf, type Action } from '../state/keys.ts'
import { announce, attempt } from '../state/notices.ts'
import { startNew } from '../state/open-chat.ts'
import { closePanel, panel } from '../state/panel.ts'
import { words } from '../words.ts'
import { copyText } from './clipboard.ts'

interface Frame {
  closeRail: () => void
  fold: () => void
}

/** Heard as soon as the page is there: an effect would come a frame later, and a key in between would be lost. */
export function useKeys(chat: OpenChat, frame: Frame): void {
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isCovered()) return
      const action = actionOf(event)
      if (!action) return
      event.preventDefault()
      act(action, chat, frame)
    }
    addEventListener('keydown', pressed)
    return () => removeEventListener('keydown', pressed)
  }, [chat])
}

export function focusComposer(): void {
  document.querySelector<HTMLTextAreaElement>('#ask textarea')?.focus()
}

function act(action: Action, chat: OpenChat, frame: Frame): void {
  switch (action) {
    case 'newChat':
      return startNew()
    case 'search':
      return openDialog({ kind: 'search' })
    case 'focus':
      return focusComposer()
    case 'stop':
      return escape(chat, frame)
    case 'copyAnswer':
      return copyLast(chat)
    case 'copyCode':
      return copyCode()
    case 'rail':
      return frame.fold()
    case 'settings':
      return openDialog({ kind: 'settings' })
    case 'shortcuts':
      return openDialog({ kind: 'shortcuts' })
    default:
      return action satisfies never
  }
}

/** What somebody means by Esc depends on where they are: in the drawer it closes that, elsewhere it stops. */
function escape(chat: OpenChat, { closeRail }: Frame): void {
  closeRail()
  const isInDrawer = document.activeElement?.closest('.drawer') != null
  if (panel.value && (isInDrawer || !chat.running.value)) closePanel()
  else void chat.stop()
}

function copyLast(chat: OpenChat): void {
  const answer = chat.exchanges.all.value.findLast(({ answer }) => answer.value?.text)?.answer.value
  if (answer) copy(copiedAnswer(answer))
}

function copyCode(): void {
  const code = [...document.querySelectorAll('.answer pre code')].at(-1)?.textContent
  if (code) copy(code)
}

function copy(text: string): void {
  void attempt(copyText(text).then(() => announce(words.copied)))
}
