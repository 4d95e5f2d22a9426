/** Files dropped anywhere on the page, or pasted into it, are uploaded; folders with all that is in them. */

import { useSignal } from '@preact/signals'
import { useLayoutEffect } from 'preact/hooks'

import { filesOf } from '../state/dropped.ts'
import { attempt } from '../state/notices.ts'
import { words } from '../words.ts'
import { addFiles } from './add-files.tsx'
import { PagesIcon } from './icons.tsx'

export function DropZone() {
  const isOver = useSignal(false)
  useLayoutEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      isOver.value = true
    }
    // Leaving the window has no element that is entered next.
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) isOver.value = false
    }
    const drop = (event: DragEvent) => {
      isOver.value = false
      if (!hasFiles(event) || !event.dataTransfer) return
      event.preventDefault()
      void attempt(filesOf(event.dataTransfer).then(addFiles))
    }
    // Text that was copied with a picture of itself is text.
    const paste = ({ clipboardData }: ClipboardEvent) => {
      if (clipboardData?.files.length && !clipboardData.types.includes('text/plain')) addFiles([...clipboardData.files])
    }
    addEventListener('dragenter', over)
    addEventListener('dragover', over)
    addEventListener('dragleave', leave)
    addEventListener('drop', drop)
    addEventListener('paste', paste)
    return () => {
      removeEventListener('dragenter', over)
      removeEventListener('dragover', over)
      removeEventListener('dragleave', leave)
      removeEventListener('drop', drop)
      removeEventListener('paste', paste)
    }
  }, [])
  return isOver.value ? <div class="drop-zone" aria-hidden="true"><div><PagesIcon /><p>{words.dropHere}</p></div></div> : null
}
