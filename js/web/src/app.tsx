/** The page: chats at the left, the conversation in the middle, a drawer at the right. */

import { effect, useComputed, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

import type { OpenChat } from './state/chat.ts'
import { titleOfChat } from './state/chats.ts'
import { kept } from './state/kept.ts'
import { announce, announcement } from './state/notices.ts'
import { openChat, startNew } from './state/open-chat.ts'
import { panel } from './state/panel.ts'
import { chatId } from './state/route.ts'
import { isPhone } from './state/screen.ts'
import { words } from './words.ts'
import { chatItems } from './view/chat-menu.ts'
import { CitationCard } from './view/citation-card.tsx'
import { Composer } from './view/composer.tsx'
import { ConnectionBanner } from './view/connection-banner.tsx'
import { Dialogs } from './view/dialog.tsx'
import { Drawer } from './view/drawer.tsx'
import { DropZone } from './view/drop-zone.tsx'
import { CloseIcon, MenuIcon, PlusIcon, SideIcon } from './view/icons.tsx'
import { focusComposer, useKeys } from './view/keyboard.ts'
import { KeyDialog } from './view/key-dialog.tsx'
import { Menu } from './view/menu.tsx'
import { Rail } from './view/rail.tsx'
import { doing } from './view/stage-line.tsx'
import { Transcript } from './view/transcript.tsx'
import { UploadsBar } from './view/uploads-bar.tsx'
import { useViewport } from './view/viewport.ts'

/** Whether the list of chats is out of the way on a wide window. */
const isFolded = kept('rail-folded', (stored) => stored === true)

export function App() {
  const chat = openChat.value
  const isRailOpen = useSignal(false)
  const title = useComputed(() => titleOfChat(chatId.value))
  const close = () => (isRailOpen.value = false)
  const fold = () => {
    if (isPhone.value) isRailOpen.value = !isRailOpen.value
    else isFolded.value = !isFolded.value
  }
  useKeys(chat, { closeRail: close, fold })
  useViewport()
  useStages(chat)
  useEffect(() => {
    document.title = chatId.value ? `${title.value} – ${words.product}` : words.product
  }, [title.value, chatId.value])
  return (
    <div class="app" data-rail={isRailOpen.value ? 'open' : 'closed'} data-folded={isFolded.value} data-drawer={panel.value ? 'open' : 'closed'}>
      <a class="skip" href="#ask" onClick={(event) => (event.preventDefault(), focusComposer())}>{words.skip}</a>
      <Rail close={close} fold={fold} />
      {isRailOpen.value && <div class="rail-shade" onClick={close} />}
      <main class="main">
        <h1 class="off-screen" dir="auto">{title.value}</h1>
        <header class="top-bar">
          <button type="button" class="round menu-button" aria-expanded={isRailOpen.value} aria-controls="rail"
            aria-label={isRailOpen.value ? words.closeMenu : words.openMenu} onClick={() => (isRailOpen.value = !isRailOpen.value)}>
            {isRailOpen.value ? <CloseIcon /> : <MenuIcon />}
          </button>
          {isFolded.value && <button type="button" class="round unfold" aria-label={words.unfoldRail} title={words.unfoldRail} onClick={fold}><SideIcon /></button>}
          <p dir="auto" aria-hidden="true">{chatId.value ? title.value : ''}</p>
          {chatId.value && <Menu key={chatId.value} label={words.chatMenu} items={chatItems(chatId.value)} class="round" />}
          <button type="button" class="round new-button" aria-label={words.newChat} title={words.newChat} onClick={startNew}><PlusIcon /></button>
        </header>
        <Transcript chat={chat} />
        <div class="dock">
          <ConnectionBanner chat={chat} />
          <UploadsBar />
          <Composer chat={chat} />
        </div>
      </main>
      <Drawer />
      <DropZone />
      <CitationCard />
      <Dialogs />
      <KeyDialog />
      <p class="off-screen" role="status">{announcement.value}</p>
    </div>
  )
}

/** Tells those who listen what is being done: at most once a stage, never for a token. */
function useStages(chat: OpenChat): void {
  useEffect(
    () =>
      effect(() => {
        const answer = chat.running.value
        if (answer && answer.stage.value) announce(doing(answer))
      }),
    [chat],
  )
}
