/** A button that opens the system's file chooser and uploads what is chosen. */

import { useRef } from 'preact/hooks'

import { openPanel } from '../state/panel.ts'
import { upload } from '../state/uploads.ts'
import { words } from '../words.ts'
import { ClipIcon, PlusIcon } from './icons.tsx'

export function AddFiles({ isSmall = false }: { isSmall?: boolean }) {
  const input = useRef<HTMLInputElement>(null)
  const chosen = () => {
    const field = input.current as HTMLInputElement
    if (field.files?.length) addFiles(field.files)
    field.value = ''
  }
  return (
    <>
      <input ref={input} type="file" multiple hidden onChange={chosen} />
      <button type="button" class={isSmall ? 'round' : 'primary'} onClick={() => input.current?.click()} aria-label={words.addFiles} title={words.addFiles}>
        {isSmall ? <ClipIcon /> : <><PlusIcon /><span>{words.addFiles}</span></>}
      </button>
    </>
  )
}

/** Starts the uploads and shows how they go. */
export function addFiles(files: Iterable<File>): void {
  upload(files)
  openPanel({ kind: 'documents' })
}
