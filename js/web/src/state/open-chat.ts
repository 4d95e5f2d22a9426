/** The chat on the screen: the one that the address names. */

import { effect, signal } from '@preact/signals'

import { OpenChat } from './chat.ts'
import { leavePanel } from './panel.ts'
import { chatId, goTo } from './route.ts'
import { whenChanged } from './windows.ts'

export const openChat = signal(new OpenChat(chatId.peek()))

/** An empty chat, also when the one on the screen never got as far as having an address. */
export function startNew(): void {
  if (chatId.peek() === null) show(null)
  else goTo(null)
}

function show(id: string | null): void {
  openChat.peek().leave()
  leavePanel()
  openChat.value = new OpenChat(id)
}

// A chat that was just made has its id before it has its address, and keeps its object.
effect(() => {
  const id = chatId.value
  if (openChat.peek().id !== id) show(id)
})

// Somebody has gone on in another window, or may have on another device.
whenChanged((id) => {
  if (id === undefined || id === openChat.peek().id) void openChat.peek().load()
})
