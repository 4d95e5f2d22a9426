/** Files of the server's, opened or saved. A link cannot carry the key: where there is one, the page fetches. */

import { download } from './server.ts'

/** Saves what the API has at `path` under this name. */
export async function saveFile(path: string, name: string): Promise<void> {
  const content = await (await download(path)).blob()
  const address = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // The browser has taken it up by then; nothing tells when it is done.
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
