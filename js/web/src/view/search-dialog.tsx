/** Finds a chat by its title, or does something by its name. */

import { useComputed, useSignal } from '@preact/signals'
import { useEffect, useId, useRef } from 'preact/hooks'

import { chats, loadAllChats } from '../state/chats.ts'
import { closeDialog } from '../state/dialog.ts'
import { attempt } from '../state/notices.ts'
import { startNew } from '../state/open-chat.ts'
import { goTo } from '../state/route.ts'
import { words } from '../words.ts'
import { PlusIcon, SearchIcon } from './icons.tsx'

/** More than anybody looks through; typing another letter is quicker. */
const MOST = 50

export function SearchDialog() {
  const typed = useSignal('')
  /** Where the arrow keys or the pointer went; without them it is the first that was found. */
  const at = useSignal<number | null>(null)
  const id = useId()
  const list = useRef<HTMLUListElement>(null)
  useEffect(() => void attempt(loadAllChats()), [])
  const found = useComputed(() => {
    const wanted = folded(typed.value).split(/\s+/).filter(Boolean)
    const matching = chats.value.filter(({ title }) => wanted.every((word) => folded(title).includes(word)))
    return matching.slice(0, MOST)
  })
  const entries = [{ id: '', title: words.newChat, updated_at: 0 }, ...found.value]
  const chosen = Math.min(at.value ?? (typed.value ? 1 : 0), entries.length - 1)
  const open = (chatId: string) => {
    closeDialog()
    if (chatId) goTo(chatId)
    else startNew()
  }
  const move = (to: number) => {
    at.value = (to + entries.length) % entries.length
    list.current?.children[at.value]?.scrollIntoView({ block: 'nearest' })
  }
  const keyed = (event: KeyboardEvent) => {
    if (event.isComposing) return
    if (event.key === 'ArrowDown') move(chosen + 1)
    else if (event.key === 'ArrowUp') move(chosen - 1)
    else if (event.key === 'Enter') open(entries[chosen]?.id ?? '')
    else return
    event.preventDefault()
  }
  return (
    <div class="search-body">
      <label class="search-field">
        <SearchIcon />
        <input type="text" role="combobox" aria-expanded="true" aria-controls={id} aria-activedescendant={`${id}-${chosen}`} autofocus
          aria-label={words.searchChats} placeholder={words.searchChats} value={typed.value} dir="auto" autocomplete="off"
          onInput={(event) => ((typed.value = event.currentTarget.value), (at.value = null))} onKeyDown={keyed} />
        <kbd>Esc</kbd>
      </label>
      <ul role="listbox" id={id} ref={list} aria-label={words.chats}>
        {entries.map((entry, i) => (
          <li key={entry.id} id={`${id}-${i}`} role="option" aria-selected={i === chosen} onClick={() => open(entry.id)} onPointerMove={() => (at.value = i)}>
            {!entry.id && <PlusIcon />}
            <span class="chat-title" dir="auto">{entry.title || words.newChat}</span>
            {entry.id && <span class="muted">{words.say.date(entry.updated_at)}</span>}
          </li>
        ))}
      </ul>
      {found.value.length === 0 && typed.value && <p class="muted nothing" role="status">{words.nothingFound}</p>}
    </div>
  )
}

/** Without case and accents, so that nobody has to type them. */
function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}
