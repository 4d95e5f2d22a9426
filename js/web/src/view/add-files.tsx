/** A button that opens the system's file chooser and uploads what is chosen. */

import { useRef } from 'preact/hooks'

import { worthSending } from '../state/dropped.ts'
import { openPanel, panel } from '../state/panel.ts'
import { isNarrow } from '../state/screen.ts'
import { upload } from '../state/uploads.ts'
import { words } from '../words.ts'
import { ClipIcon, PlusIcon } from './icons.tsx'

export function AddFiles({ isSmall = false, isPlain = false }: { isSmall?: boolean; isPlain?: boolean }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <Chooser input={input} />
      <button type="button" class={isSmall ? 'round' : isPlain ? 'plain-button' : 'primary'} onClick={() => input.current?.click()} aria-label={words.addFiles} title={words.addFiles}>
        {isSmall ? <ClipIcon /> : <><PlusIcon /><span>{words.addFiles}</span></>}
      </button>
    </>
  )
}

export function AddFolder() {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <Chooser input={input} isFolder />
      <button type="button" class="quiet" onClick={() => input.current?.click()}>{words.addFolder}</button>
    </>
  )
}

function Chooser({ input, isFolder = false }: { input: { current: HTMLInputElement | null }; isFolder?: boolean }) {
  const chosen = (event: Event) => {
    const field = event.currentTarget as HTMLInputElement
    if (field.files?.length) addFiles(worthSending(field.files))
    field.value = ''
  }
  const made = (field: HTMLInputElement | null) => {
    input.current = field
    if (field) field.webkitdirectory = isFolder
  }
  return <input ref={made} type="file" multiple hidden onChange={chosen} />
}

/** Starts the uploads and shows how they go: in the drawer, or above the question where the drawer would cover it. */
export function addFiles(files: Iterable<File>): void {
  upload(files)
  if (!isNarrow.peek() && panel.peek()?.kind !== 'documents') openPanel({ kind: 'documents' })
}
