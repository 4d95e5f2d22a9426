/** What the windows of a browser tell each other: which chat one of them has just changed. */

import { baseUrl } from './server.ts'

/** Missing in old browsers; then a window sees what others did when somebody comes back to it. */
const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(`rivulet chats ${baseUrl}`)

export function tellWindows(chatId: string): void {
  channel?.postMessage(chatId)
}

/** Calls `look` when another window changed a chat and when somebody comes back to this one; never out of sight. */
export function whenChanged(look: (chatId: string | undefined) => void): void {
  const isSeen = () => document.visibilityState === 'visible'
  channel?.addEventListener('message', ({ data }: MessageEvent<string>) => isSeen() && look(data))
  document.addEventListener('visibilitychange', () => isSeen() && look(undefined))
}
