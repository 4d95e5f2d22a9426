/** The drawer at the side: documents, or one passage in its document. A sheet over everything on a phone. */

import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

import { closePanel, panel } from '../state/panel.ts'
import { words } from '../words.ts'
import { DocumentsView } from './documents.tsx'
import { CloseIcon } from './icons.tsx'
import { DocumentView, PassageView } from './passage.tsx'

export function Drawer() {
  const shown = panel.value
  switch (shown?.kind) {
    case undefined:
      return null
    case 'documents':
      return <Sheet title={words.documents}><DocumentsView /></Sheet>
    case 'passage':
      return <Sheet title={words.passage}><PassageView passages={shown.passages} index={shown.index} quote={shown.quote} /></Sheet>
    case 'document':
      return <Sheet title={shown.title}><DocumentView id={shown.id} /></Sheet>
    default:
      return shown satisfies never
  }
}

function Sheet({ title, children }: { title: string; children: ComponentChildren }) {
  const sheet = useRef<HTMLElement>(null)
  useEffect(() => sheet.current?.focus({ preventScroll: true }), [title])
  return (
    <aside class="drawer" ref={sheet} tabIndex={-1} aria-label={title}>
      <header class="drawer-head">
        <h2 dir="auto">{title}</h2>
        <button type="button" class="round" onClick={closePanel} aria-label={words.close} title={words.close}><CloseIcon /></button>
      </header>
      {children}
    </aside>
  )
}
