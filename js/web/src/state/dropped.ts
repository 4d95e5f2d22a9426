/** The files in what was dropped, those inside of folders too. */

/** What tools keep for themselves is not what somebody wants to ask about. */
const NEVER = /^(?:\..*|node_modules|__pycache__|Thumbs\.db|desktop\.ini)$/
/** A folder with more is one to give the server by its path. */
export const MOST = 2000

/** Must be called while the drop is handled: later, the browser has forgotten the items. */
export async function filesOf(dropped: DataTransfer): Promise<File[]> {
  const plain = [...dropped.files]
  const entries = [...dropped.items].map((item) => (item.kind === 'file' ? item.webkitGetAsEntry() : null))
  if (!entries.some((entry) => entry?.isDirectory)) return plain
  const found: File[] = []
  for (const entry of entries) if (entry) await collect(entry, found)
  return found
}

/** What the file chooser gives for a folder: everything in it. */
export function worthSending(files: Iterable<File>): File[] {
  return [...files].filter((file) => !file.webkitRelativePath.split('/').some((name) => NEVER.test(name))).slice(0, MOST)
}

async function collect(entry: FileSystemEntry, found: File[]): Promise<void> {
  if (NEVER.test(entry.name) || found.length >= MOST) return
  if (entry.isFile) found.push(await fileOf(entry as FileSystemFileEntry))
  else for (const inner of await contentsOf(entry as FileSystemDirectoryEntry)) await collect(inner, found)
}

const fileOf = (entry: FileSystemFileEntry) => new Promise<File>((resolve, reject) => entry.file(resolve, reject))

/** The browser gives a hundred at a time, and none when there are no more. */
async function contentsOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader()
  const all: FileSystemEntry[] = []
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (!some.length) return all
    all.push(...some)
  }
}
