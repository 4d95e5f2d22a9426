/** The list of chats, and the way to the documents and the theme. */

import type { Chat } from '@rivulet/client'

import { chats, chatsProblem, deleteChat, nextBefore, showOlderChats } from '../state/chats.ts'
import { attempt } from '../state/notices.ts'
import { startNew } from '../state/open-chat.ts'
import { openPanel } from '../state/panel.ts'
import { chatId, goTo, hrefOf } from '../state/route.ts'
import { documentCount, isReading } from '../state/sources.ts'
import { nextTheme, theme } from '../state/theme.ts'
import { words } from '../words.ts'
import { HalfIcon, MoonIcon, PagesIcon, PlusIcon, SunIcon } from './icons.tsx'
import { Mark } from './mark.tsx'
import { SureButton } from './sure-button.tsx'

const THEME_ICONS = { auto: HalfIcon, light: SunIcon, dark: MoonIcon }

export function Rail({ close }: { close: () => void }) {
  const ThemeIcon = THEME_ICONS[theme.value]
  return (
    <nav class="rail" id="rail" aria-label={words.chats}>
      <div class="rail-head"><Mark size={26} /><span>{words.product}</span></div>
      <button type="button" class="new-chat" onClick={() => (startNew(), close())}><PlusIcon /><span>{words.newChat}</span></button>
      <div class="chat-list">
        {groups(chats.value).map(([day, list]) => (
          <section key={day}>
            <h2>{day}</h2>
            <ul>{list.map((chat) => <ChatRow key={chat.id} chat={chat} close={close} />)}</ul>
          </section>
        ))}
        {chats.value.length === 0 && <p class="muted">{chatsProblem.value ?? words.noChats}</p>}
        {nextBefore.value !== null && <button type="button" class="quiet" onClick={() => void attempt(showOlderChats())}>{words.olderChats}</button>}
      </div>
      <div class="rail-foot">
        <button type="button" class="rail-button" onClick={() => (close(), openPanel({ kind: 'documents' }))}>
          <PagesIcon /><span>{words.documents}</span>
          {isReading.value ? <span class="pulse" aria-hidden="true" /> : <span class="count">{documentCount.value || ''}</span>}
        </button>
        <button type="button" class="round" onClick={nextTheme} aria-label={words.theme[theme.value]} title={words.theme[theme.value]}>
          <ThemeIcon />
        </button>
      </div>
    </nav>
  )
}

function ChatRow({ chat, close }: { chat: Chat; close: () => void }) {
  const isOpen = chatId.value === chat.id
  const remove = async () => {
    await deleteChat(chat.id)
    if (chatId.value === chat.id) goTo(null)
  }
  return (
    <li class="chat-row">
      <a href={hrefOf(chat.id)} onClick={close} aria-current={isOpen ? 'page' : undefined} dir="auto">
        {chat.running_turn_id && <span class="pulse" role="img" aria-label={words.answering} />}
        <span class="chat-title">{chat.title || words.newChat}</span>
      </a>
      <SureButton label={words.deleteChat(chat.title)} question={words.reallyDelete} act={remove} />
    </li>
  )
}

const DAY_MS = 86_400_000

/** Chats by the day they were last used, in the list's own order. */
function groups(list: readonly Chat[]): [string, Chat[]][] {
  const midnight = new Date().setHours(0, 0, 0, 0)
  const found = new Map<string, Chat[]>()
  for (const chat of list) {
    const day = dayOf(chat.updated_at, midnight)
    found.set(day, [...(found.get(day) ?? []), chat])
  }
  return [...found]
}

function dayOf(at: number, midnight: number): string {
  if (at >= midnight) return words.today
  if (at >= midnight - DAY_MS) return words.yesterday
  return at >= midnight - 6 * DAY_MS ? words.thisWeek : words.older
}
