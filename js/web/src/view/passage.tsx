/** A passage inside its document, marked by its offsets. */

import { useSignal } from '@preact/signals'
import { isChatError, type Document, type Passage } from '@rivulet/client'
import { useEffect, useRef } from 'preact/hooks'

import { messageOf } from '../state/notices.ts'
import { openPanel } from '../state/panel.ts'
import { server } from '../state/server.ts'
import { words } from '../words.ts'
import { LeftIcon, OutIcon, RightIcon } from './icons.tsx'
import { placeOf, type Place } from './place.ts'

interface Props {
  passages: readonly Passage[]
  index: number
  quote: string | undefined
}

export function PassageView({ passages, index, quote }: Props) {
  const passage = passages[index] as Passage
  const go = (to: number) => openPanel({ kind: 'passage', passages, index: to })
  const original = /^https?:/.test(passage.url) ? passage.url : null
  return (
    <>
      <div class="passage-head">
        <p class="passage-title" dir="auto"><b>{passage.n}</b> {passage.title}</p>
        <p class="muted">
          {[passage.filename !== passage.title && passage.filename, passage.page != null && words.page(passage.page)].filter(Boolean).join(' · ')}
          {original && <a href={original} target="_blank" rel="noopener noreferrer">{words.openOriginal} <OutIcon /></a>}
        </p>
        <div class="passage-steps">
          <button type="button" class="round" disabled={index === 0} onClick={() => go(index - 1)} aria-label={words.previousPassage}><LeftIcon /></button>
          <span>{words.passageOf(index + 1, passages.length)}</span>
          <button type="button" class="round" disabled={index === passages.length - 1} onClick={() => go(index + 1)} aria-label={words.nextPassage}><RightIcon /></button>
        </div>
      </div>
      <DocumentText key={passage.id} documentId={passage.document_id} passage={passage} quote={quote} />
    </>
  )
}

export function DocumentView({ id }: { id: string }) {
  return <DocumentText key={id} documentId={id} passage={null} />
}

type State = 'loading' | { document: Document; place: Place | null } | { note: string }

function DocumentText({ documentId, passage, quote }: { documentId: string; passage: Passage | null; quote?: string | undefined }) {
  const state = useSignal<State>('loading')
  useEffect(() => {
    const leaving = new AbortController()
    server.documents.get(documentId, leaving.signal).then(
      (document) => (state.value = { document, place: passage && placeOf(document.text, passage) }),
      (problem: unknown) => {
        if (leaving.signal.aborted) return
        const isGone = isChatError(problem) && problem.status === 404 && passage
        state.value = { note: isGone ? words.passageAlone : words.documentFailed(messageOf(problem)) }
      },
    )
    return () => leaving.abort()
  }, [documentId])
  const shown = state.value
  if (shown === 'loading') return <p class="drawer-note">{words.loadingDocument}</p>
  if ('note' in shown) return <Alone note={shown.note} passage={passage} />
  if (passage && !shown.place) return <Alone note={words.passageMoved} passage={passage} />
  return <Window text={shown.document.text} place={shown.place ?? { start: 0, end: 0 }} quote={quote ?? ''} />
}

function Alone({ note, passage }: { note: string; passage: Passage | null }) {
  return (
    <div class="document">
      <p class="drawer-note">{note}</p>
      {passage && <p class="document-text" dir="auto"><mark>{passage.text}</mark></p>}
    </div>
  )
}

/** A long document is shown in part: laying out megabytes would hold the page up. */
const AROUND = 12_000

function Window({ text, place, quote }: { text: string; place: Place; quote: string }) {
  const from = useSignal(Math.max(0, place.start - AROUND))
  const to = useSignal(place.end + AROUND)
  const mark = useRef<HTMLElement>(null)
  useEffect(() => {
    const quoted = mark.current?.querySelector('strong')
    const isLong = (mark.current?.offsetHeight ?? 0) > innerHeight / 2
    ;(quoted ?? mark.current)?.scrollIntoView({ block: quoted || !isLong ? 'center' : 'start' })
  }, [quote])
  return (
    <div class="document" tabIndex={0}>
      {from.value > 0 && (
        <button type="button" class="quiet" onClick={() => (from.value = Math.max(0, from.value - 4 * AROUND))}>{words.before}</button>
      )}
      <div class="document-text" dir="auto">
        {text.slice(from.value, place.start)}
        {place.end > place.start && <mark ref={mark}><Quoted passage={text.slice(place.start, place.end)} quote={quote} /></mark>}
        {text.slice(place.end, to.value)}
      </div>
      {to.value < text.length && (
        <button type="button" class="quiet" onClick={() => (to.value += 4 * AROUND)}>{words.after}</button>
      )}
    </div>
  )
}

/** The passage, with the sentence that was cited standing out. */
function Quoted({ passage, quote }: { passage: string; quote: string }) {
  const at = quote ? passage.indexOf(quote) : -1
  if (at < 0) return <>{passage}</>
  return <>{passage.slice(0, at)}<strong>{quote}</strong>{passage.slice(at + quote.length)}</>
}
