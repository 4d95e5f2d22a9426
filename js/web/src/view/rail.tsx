/** The list of chats, and the way to the documents and the settings. */

import { useSignal } from '@preact/signals'
import type { Chat } from '@rivulet/client'
import { useLayoutEffect, useRef } from 'preact/hooks'

import { chats, chatsProblem, deleteChat, looks, nextBefore, renameChat, showOlderChats } from '../state/chats.ts'
import { openDialog } from '../state/dialog.ts'
import { keys } from '../state/keys.ts'
import { attempt } from '../state/notices.ts'
import { startNew } from '../state/open-chat.ts'
import { openPanel } from '../state/panel.ts'
import { chatId, goTo, hrefOf } from '../state/route.ts'
import { documentCount, isReading } from '../state/sources.ts'
import { words } from '../words.ts'
import { GearIcon, PagesIcon, PencilIcon, PlusIcon, SearchIcon, SideIcon } from './icons.tsx'
import { Mark } from './mark.tsx'
import { SureButton } from './sure-button.tsx'

/** `close` is for narrow windows, where the list lies over the conversation; `fold` for wide ones. */
export function Rail({ close, fold }: { close: () => void; fold: () => void }) {
  const hint = (label: string, chord: string) => `${label} (${chord})`
  return (
    <nav class="rail" id="rail" aria-label={words.chats}>
      <div class="rail-head">
        <Mark size={26} /><span class="rail-name">{words.product}</span>
        <button type="button" class="round fold-rail" onClick={fold} aria-label={words.foldRail} title={hint(words.foldRail, keys.value.rail)}><SideIcon /></button>
      </div>
      <div class="rail-new">
        <button type="button" class="new-chat" title={hint(words.newChat, keys.value.newChat)} onClick={() => (startNew(), close())}><PlusIcon /><span>{words.newChat}</span></button>
        <button type="button" class="round framed" aria-label={words.searchChats} title={hint(words.searchChats, keys.value.search)}
          onClick={() => (close(), openDialog({ kind: 'search' }))}><SearchIcon /></button>
      </div>
      <div class="chat-list">
        {groups(chats.value).map(([day, list]) => (
          <section key={day}>
            <h2>{day}</h2>
            <ul>{list.map((chat) => <ChatRow key={chat.id} chat={chat} close={close} />)}</ul>
          </section>
        ))}
        {chats.value.length === 0 && looks.value > 0 && <p class="muted">{chatsProblem.value ?? words.noChats}</p>}
        {nextBefore.value !== null && <button type="button" class="quiet" onClick={() => void attempt(showOlderChats())}>{words.olderChats}</button>}
      </div>
      <div class="rail-foot">
        <button type="button" class="rail-button" onClick={() => (close(), openPanel({ kind: 'documents' }))}>
          <PagesIcon /><span>{words.documents}</span>
          {isReading.value ? <span class="pulse" aria-hidden="true" /> : <span class="count">{documentCount.value || ''}</span>}
        </button>
        <button type="button" class="rail-button" onClick={() => (close(), openDialog({ kind: 'settings' }))}>
          <GearIcon /><span>{words.settings}</span>
        </button>
      </div>
    </nav>
  )
}

function ChatRow({ chat, close }: { chat: Chat; close: () => void }) {
  const isNaming = useSignal(false)
  const isOpen = chatId.value === chat.id
  const remove = async () => {
    await deleteChat(chat.id)
    if (chatId.value === chat.id) goTo(null)
  }
  if (isNaming.value) return <NameForm chat={chat} close={() => (isNaming.value = false)} />
  return (
    <li class="chat-row">
      <a href={hrefOf(chat.id)} onClick={close} onDblClick={() => (isNaming.value = true)} aria-current={isOpen ? 'page' : undefined}>
        {chat.running_turn_id && <span class="pulse" role="img" aria-label={words.answering} />}
        <span class="chat-title" dir="auto" title={chat.title}>{chat.title || words.newChat}</span>
      </a>
      <span class="row-actions">
        <button type="button" class="sure" onClick={() => (isNaming.value = true)} aria-label={words.renameChat(chat.title)} title={words.rename}><PencilIcon /></button>
        <SureButton label={words.deleteChat(chat.title)} question={words.reallyDelete} act={remove} />
      </span>
    </li>
  )
}

function NameForm({ chat, close }: { chat: Chat; close: () => void }) {
  const field = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => field.current?.select(), [])
  const rename = (event: Event & { currentTarget: HTMLFormElement }) => {
    event.preventDefault()
    const title = String(new FormData(event.currentTarget).get('title')).trim()
    if (title && title !== chat.title) void attempt(renameChat(chat.id, title))
    close()
  }
  return (
    <li class="chat-row">
      <form class="name-form" onSubmit={rename} onKeyDown={(event) => event.key === 'Escape' && (event.stopPropagation(), close())}>
        <input name="title" defaultValue={chat.title} maxLength={80} dir="auto" aria-label={words.renameChat(chat.title)} autocomplete="off"
          ref={field} onBlur={(event) => event.currentTarget.form?.requestSubmit()} />
      </form>
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
