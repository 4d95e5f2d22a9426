/** The list of chats, the one last used first. */

import { effect, signal } from '@preact/signals'
import type { Chat } from '@rivulet/client'

import { words } from '../words.ts'
import { messageOf } from './reason.ts'
import { request, server, wake } from './server.ts'
import { tellWindows } from './windows.ts'

export const chats = signal<readonly Chat[]>([])
export const nextBefore = signal<number | null>(null)
export const chatsProblem = signal<string | null>(null)
/** Every look at the list counts, also one that failed; before the first there is nothing to say of it. */
export const looks = signal(0)

/** Counts what this page changed; a list asked for before a change is older than it and must not undo it. */
let changes = 0
/** Lists may come in another order than they were asked for: the one that was asked for last is the newest. */
let asked = 0
let shown = 0

/** Reads the newest page again; older pages that were opened stay. */
export async function refreshChats(): Promise<void> {
  const look = ++asked
  try {
    const seen = changes
    const { chats: newest, next_before } = await server.chats.list()
    if (seen !== changes) return await refreshChats()
    if (look < shown) return
    shown = look
    const ids = new Set(newest.map(({ id }) => id))
    const oldest = newest.at(-1)?.updated_at ?? 0
    const older = next_before ? chats.value.filter((one) => !ids.has(one.id) && one.updated_at < oldest) : []
    if (!older.length) nextBefore.value = next_before ?? null
    chats.value = [...newest, ...older]
    if (chatsProblem.value !== null) wake()
    chatsProblem.value = null
  } catch (problem) {
    if (look > shown) chatsProblem.value = messageOf(problem)
  } finally {
    looks.value += 1
  }
}

export async function showOlderChats(): Promise<void> {
  const before = nextBefore.value
  if (before === null) return
  const { chats: older, next_before } = await server.chats.list({ before })
  // Asked for twice, they are listed once.
  if (before !== nextBefore.value) return
  chats.value = [...chats.value, ...older]
  nextBefore.value = next_before ?? null
}

/** What the list calls it; a chat that is not in the list yet is a new one. */
export function titleOfChat(id: string | null): string {
  return chats.value.find((one) => one.id === id)?.title || words.newChat
}

export async function renameChat(id: string, title: string): Promise<void> {
  const renamed = await request<Chat>(`chats/${id}`, { method: 'PATCH', json: { title } })
  changes += 1
  chats.value = chats.value.map((one) => (one.id === id ? { ...one, title: renamed.title } : one))
  tellWindows(id)
}

/** Reads the list to its end, so that every chat can be found by its title. */
export async function loadAllChats(): Promise<void> {
  while (nextBefore.value !== null) await showOlderChats()
}

export async function deleteChat(id: string): Promise<void> {
  await server.chats.delete(id)
  changes += 1
  chats.value = chats.value.filter((one) => one.id !== id)
  tellWindows(id)
}

/** While a chat answers somewhere, its dot must go out when it is done: a look every 3 s is enough for that. */
const LOOK_MS = 3000

effect(() => {
  if (!looks.value || !chats.value.some((one) => one.running_turn_id)) return
  const timer = setTimeout(() => void refreshChats(), LOOK_MS)
  return () => clearTimeout(timer)
})
