/** A chat as a file. */

import { download } from './server.ts'

export type Format = 'markdown' | 'json'

const ENDINGS: Record<Format, string> = { markdown: 'md', json: 'json' }

/** Fetched, not linked to: a link cannot carry the key. */
export async function exportChat(chatId: string, format: Format): Promise<void> {
  const response = await download(`chats/${chatId}/export?format=${format}`)
  saveFile(await response.blob(), nameOf(response.headers.get('content-disposition')) ?? `chat.${ENDINGS[format]}`)
}

/** Into the browser's folder for such things. */
export function saveFile(content: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  // Browsers read the address when the click is done; at once is too early for some.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

/** RFC 6266: `filename*` is the real name, `filename` the one for old readers. */
function nameOf(disposition: string | null): string | undefined {
  const coded = /filename\*=UTF-8''([^;]+)/i.exec(disposition ?? '')?.[1]
  if (coded) return decodeURIComponent(coded)
  return /filename="([^"]+)"/i.exec(disposition ?? '')?.[1]
}
