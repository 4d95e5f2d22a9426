/** What can be done with a whole chat: shared, saved, printed. */

import { titleOfChat } from '../state/chats.ts'
import { openDialog } from '../state/dialog.ts'
import { exportChat, type Format } from '../state/export.ts'
import { attempt } from '../state/notices.ts'
import { words } from '../words.ts'
import type { MenuItem } from './menu.tsx'

export function chatItems(chatId: string): MenuItem[] {
  const save = (format: Format) => () => void attempt(exportChat(chatId, format))
  return [
    { label: words.share, act: () => openDialog({ kind: 'share', chatId, title: titleOfChat(chatId) }) },
    { label: words.exportMarkdown, act: save('markdown') },
    { label: words.exportJson, act: save('json') },
    { label: words.print, act: () => print() },
  ]
}
