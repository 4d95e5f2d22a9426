/** The page: chats at the left, the conversation in the middle, a drawer at the right. */

import { useComputed, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

import type { OpenChat } from './state/chat.ts'
import { chats } from './state/chats.ts'
import { announcement } from './state/notices.ts'
import { openChat, startNew } from './state/open-chat.ts'
import { closePanel, panel } from './state/panel.ts'
import { chatId } from './state/route.ts'
import { words } from './words.ts'
import { Composer } from './view/composer.tsx'
import { ConnectionBanner } from './view/connection-banner.tsx'
import { Drawer } from './view/drawer.tsx'
import { DropZone } from './view/drop-zone.tsx'
import { CloseIcon, MenuIcon, PlusIcon } from './view/icons.tsx'
import { KeyDialog } from './view/key-dialog.tsx'
import { Rail } from './view/rail.tsx'
import { Transcript } from './view/transcript.tsx'

export function App() {
  const chat = openChat.value
  const isRailOpen = useSignal(false)
  const title = useComputed(() => chats.value.find(({ id }) => id === chatId.value)?.title ?? words.newChat)
  const close = () => (isRailOpen.value = false)
  useKeys(chat, close)
  useEffect(() => {
    document.title = chatId.value ? `${title.value} – ${words.product}` : words.product
  }, [title.value, chatId.value])
  return (
    <div class="page" data-rail={isRailOpen.value ? 'open' : 'closed'} data-drawer={panel.value ? 'open' : 'closed'}>
      <a class="skip" href="#ask" onClick={(event) => (event.preventDefault(), focusComposer())}>{words.skip}</a>
      <Rail close={close} />
      {isRailOpen.value && <div class="rail-shade" onClick={close} />}
      <main class="main">
        <h1 class="off-screen">{title.value}</h1>
        <header class="top-bar">
          <button type="button" class="round" aria-expanded={isRailOpen.value} aria-controls="rail"
            aria-label={isRailOpen.value ? words.closeMenu : words.openMenu} onClick={() => (isRailOpen.value = !isRailOpen.value)}>
            {isRailOpen.value ? <CloseIcon /> : <MenuIcon />}
          </button>
          <p dir="auto">{title.value}</p>
          <button type="button" class="round" aria-label={words.newChat} title={words.newChat} onClick={startNew}><PlusIcon /></button>
        </header>
        <Transcript chat={chat} />
        <div class="dock">
          <ConnectionBanner chat={chat} />
          <Composer chat={chat} />
        </div>
      </main>
      <Drawer />
      <DropZone />
      <KeyDialog />
      <p class="off-screen" role="status">{announcement.value}</p>
    </div>
  )
}

function useKeys(chat: OpenChat, closeRail: () => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.isComposing) return
      if (event.key === 'Escape' && event.shiftKey) focusComposer()
      else if (event.key === 'Escape') escape(chat, closeRail)
      else if (event.key.toLowerCase() === 'o' && event.shiftKey && (event.ctrlKey || event.metaKey)) startNew()
      else return
      event.preventDefault()
    }
    addEventListener('keydown', pressed)
    return () => removeEventListener('keydown', pressed)
  }, [chat])
}

/** What somebody means by Esc depends on where they are: in the drawer it closes that, elsewhere it stops. */
function escape(chat: OpenChat, closeRail: () => void): void {
  closeRail()
  const isInDrawer = document.activeElement?.closest('.drawer') != null
  if (panel.value && (isInDrawer || !chat.running.value)) closePanel()
  else void chat.stop()
}

function focusComposer(): void {
  document.querySelector<HTMLTextAreaElement>('#ask textarea')?.focus()
}
