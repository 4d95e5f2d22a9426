/** What the page begins with: chats, sources, models and preferences, asked for again until the server answers. */

import { refreshChats } from './chats.ts'
import { loadModels } from './models.ts'
import { openChat } from './open-chat.ts'
import { syncPreferences } from './preferences.ts'
import { refreshSources, sources } from './sources.ts'
import { whenChanged } from './windows.ts'

/** A server is started again within seconds; asking it this often costs it nothing. */
const AGAIN_MS = 3000

let timer: ReturnType<typeof setTimeout> | undefined

export function begin(): void {
  void look()
  addEventListener('online', () => sources.peek() ?? void look())
  whenChanged((chatId) => {
    void refreshChats()
    if (chatId === undefined) void syncPreferences()
  })
}

async function look(): Promise<void> {
  clearTimeout(timer)
  await Promise.all([refreshChats(), refreshSources(), loadModels(), syncPreferences()])
  if (!sources.peek()) timer = setTimeout(() => void look(), AGAIN_MS)
  else if (openChat.peek().exchanges.problem.peek() !== null) void openChat.peek().load()
}
