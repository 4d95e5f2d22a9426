/** Files dropped anywhere on the page are uploaded. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

import { words } from '../words.ts'
import { addFiles } from './add-files.tsx'

export function DropZone() {
  const isOver = useSignal(false)
  useEffect(() => {
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
      if (!hasFiles(event)) return
      event.preventDefault()
      addFiles([...(event.dataTransfer?.files ?? [])])
    }
    addEventListener('dragenter', over)
    addEventListener('dragover', over)
    addEventListener('dragleave', leave)
    addEventListener('drop', drop)
    return () => {
      removeEventListener('dragenter', over)
      removeEventListener('dragover', over)
      removeEventListener('dragleave', leave)
      removeEventListener('drop', drop)
    }
  }, [])
  return isOver.value ? <div class="drop-zone" aria-hidden="true"><p>{words.dropHere}</p></div> : null
}
