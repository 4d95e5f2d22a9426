/** The drawer at the side: sources, documents, artifacts. A sheet over everything on a phone. */

import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

import { closePanel, drawerWidth, NARROWEST, panel, widen, WIDEST, type Panel } from '../state/panel.ts'
import { isPhone } from '../state/screen.ts'
import { words } from '../words.ts'
import { ArtifactView } from './artifact.tsx'
import { DocumentText } from './document-text.tsx'
import { DocumentsView } from './documents.tsx'
import { CloseIcon } from './icons.tsx'
import { PassageView } from './passage.tsx'

export function Drawer() {
  const shown = panel.value
  return shown && <Sheet key={shown.kind} title={titleOf(shown)}>{contentOf(shown)}</Sheet>
}

function titleOf(shown: Panel): string {
  switch (shown.kind) {
    case 'documents':
      return words.documents
    case 'passage':
      return words.sources
    case 'document':
      return shown.title
    case 'artifact':
      return shown.versions[shown.index]?.title || words.artifact
    default:
      return shown satisfies never
  }
}

function contentOf(shown: Panel): ComponentChildren {
  switch (shown.kind) {
    case 'documents':
      return <DocumentsView />
    case 'passage':
      return <PassageView references={shown.references} index={shown.index} />
    case 'document':
      return <DocumentText key={shown.id} id={shown.id} passage={null} quote="" original={null} />
    case 'artifact':
      return <ArtifactView versions={shown.versions} index={shown.index} />
    default:
      return shown satisfies never
  }
}

/** On a phone it lies over everything, so everything else is out of reach. */
function Sheet({ title, children }: { title: string; children: ComponentChildren }) {
  const sheet = useRef<HTMLDivElement>(null)
  const isOver = isPhone.value
  // At once: what is pressed next, Esc for one, is meant for it.
  useLayoutEffect(() => sheet.current?.focus({ preventScroll: true }), [])
  useLayoutEffect(() => {
    if (!isOver) return
    const others = [...(sheet.current?.parentElement?.children ?? [])].filter((one): one is HTMLElement => one !== sheet.current && one instanceof HTMLElement && one.role !== 'status')
    for (const one of others) one.inert = true
    return () => others.forEach((one) => (one.inert = false))
  }, [isOver])
  return (
    <div class="drawer" ref={sheet} tabIndex={-1} aria-label={title} role={isOver ? 'dialog' : 'complementary'} aria-modal={isOver || undefined}>
      {!isOver && <Edge />}
      <header class="drawer-head" {...(isOver && dragDown(sheet))}>
        <h2><bdi dir="auto">{title}</bdi></h2>
        <button type="button" class="round" onClick={closePanel} aria-label={words.close} title={words.close}><CloseIcon /></button>
      </header>
      {children}
    </div>
  )
}

/** A sheet that is pulled down this far is let go. */
const LET_GO_PX = 90

/** The head of a sheet is its handle. */
function dragDown(sheet: { current: HTMLElement | null }) {
  let from = 0
  const move = (distance: number) => sheet.current?.style.setProperty('translate', `0 ${Math.max(0, distance)}px`)
  return {
    onTouchStart: (event: TouchEvent) => (from = event.touches[0]?.clientY ?? 0),
    onTouchMove: (event: TouchEvent) => move((event.touches[0]?.clientY ?? from) - from),
    onTouchEnd: (event: TouchEvent) => {
      move(0)
      if ((event.changedTouches[0]?.clientY ?? from) - from > LET_GO_PX) closePanel()
    },
  }
}

/** Keys move the edge by this much. */
const STEP_PX = 24

/** The edge between conversation and drawer: dragged, or moved with the arrow keys. */
function Edge() {
  const isMirrored = () => document.documentElement.dir === 'rtl'
  const drag = (event: PointerEvent) => {
    const edge = event.currentTarget as HTMLElement
    edge.setPointerCapture(event.pointerId)
    edge.onpointermove = ({ clientX }) => widen(isMirrored() ? clientX : innerWidth - clientX)
    edge.onpointerup = () => (edge.onpointermove = null)
  }
  const keyed = (event: KeyboardEvent) => {
    const sign = { ArrowLeft: 1, ArrowRight: -1 }[event.key]
    if (!sign) return
    event.preventDefault()
    widen(drawerWidth.value + sign * (isMirrored() ? -1 : 1) * STEP_PX)
  }
  return (
    <div class="drawer-edge" role="separator" aria-orientation="vertical" tabIndex={0} aria-label={words.drawerWidth}
      aria-valuenow={drawerWidth.value} aria-valuemin={NARROWEST} aria-valuemax={WIDEST} onPointerDown={drag} onKeyDown={keyed} />
  )
}
