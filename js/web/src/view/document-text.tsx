/** A document's text, as much of it as is looked at, with a passage marked in it. */

import { useSignal, type Signal } from '@preact/signals'
import { isChatError, type Passage } from '@rivulet/client'
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks'

import { runsOf } from '../markdown/written.ts'
import { saveFile } from '../state/files.ts'
import { attempt } from '../state/notices.ts'
import { messageOf } from '../state/reason.ts'
import { end, read, readOn, type Reading } from '../state/reading.ts'
import { isKeyed } from '../state/server.ts'
import { words } from '../words.ts'
import { OutIcon } from './icons.tsx'
import { Written, type WrittenProps } from './written.tsx'

interface Props {
  id: string
  passage: Passage | null
  quote: string
  /** Where the document is on the web, if that is where it comes from. */
  original: string | null
}

/** A part of a text that has not come by then is worth asking for again. */
const PATIENCE_MS = 20_000

type State = 'loading' | 'gone' | { failure: string } | Reading

export function DocumentText({ id, passage, quote, original }: Props) {
  const state = useSignal<State>('loading')
  useEffect(() => {
    if (!id) return
    const leaving = new AbortController()
    read(id, passage, quote, leaving.signal).then(
      (reading) => (state.value = reading),
      (problem: unknown) => {
        if (leaving.signal.aborted) return
        state.value = isChatError(problem) && problem.status === 404 ? 'gone' : { failure: messageOf(problem) }
      },
    )
    return () => leaving.abort()
  }, [id])
  const shown = state.value
  // Under a link there is the passage and no document.
  if (!id) return <Alone note="" passage={passage} quote={quote} />
  if (shown === 'loading') return <Loading />
  if (shown === 'gone') return <Alone note={words.passageAlone} passage={passage} quote={quote} />
  if ('failure' in shown) return <Alone note={words.documentFailed(shown.failure)} passage={passage} quote={quote} />
  return (
    <>
      <Original address={original} reading={shown} passage={passage} />
      {shown.found === 'not at all'
        ? <Alone note={words.passageMissing} passage={passage} quote={quote} />
        : <Text state={state as Signal<Reading>} passage={passage} quote={quote} />}
    </>
  )
}

function Loading() {
  return (
    <div class="document loading" role="status">
      <span class="off-screen">{words.loadingDocument}</span>
      {Array.from({ length: 9 }, (_, line) => <i key={line} aria-hidden="true" />)}
    </div>
  )
}

/** The file, opened at its page where the browser can. */
function Original({ address, reading, passage }: { address: string | null; reading: Reading; passage: Passage | null }) {
  const { document } = reading
  if (!address && !document.has_original) return null
  const page = passage?.page != null && document.media_type === 'application/pdf' ? `#page=${passage.page}` : ''
  const file = `documents/${document.id}/original`
  const press = (event: MouseEvent) => {
    if (address || !isKeyed()) return
    event.preventDefault()
    void attempt(saveFile(file, document.filename ?? document.title))
  }
  return (
    <p class="original">
      <a href={address ?? `./v1/${file}${page}`} target="_blank" rel="noopener noreferrer" onClick={press}>{words.openOriginal}<OutIcon /></a>
    </p>
  )
}

function Alone({ note, passage, quote }: { note: string; passage: Passage | null; quote: string }) {
  return (
    <div class="document" tabIndex={0} role="region" aria-label={words.documentText}>
      {note && <p class="notice" role="status">{note}</p>}
      {passage && <p class="document-text" dir="auto"><mark><Quoted text={passage.text} runs={runsOf(passage.text, passage.media_type, false)} quote={quote} /></mark></p>}
    </div>
  )
}

function Text({ state, passage, quote }: { state: Signal<Reading>; passage: Passage | null; quote: string }) {
  const reading = state.value
  const { before, marked, after } = reading
  const text = before + marked + after
  const last = before.length + marked.length
  const runs = useMemo(() => runsOf(text, reading.document.media_type, reading.from === 0), [text])
  const box = useRef<HTMLDivElement>(null)
  const mark = useRef<HTMLElement>(null)
  /** How far the end of the box was from its top before something was put above. */
  const below = useRef<number | null>(null)
  useEffect(() => {
    const quoted = mark.current?.querySelector('strong') ?? null
    const isLong = (mark.current?.offsetHeight ?? 0) > innerHeight / 2
    ;(quoted ?? mark.current)?.scrollIntoView({ block: quoted || !isLong ? 'center' : 'start' })
  }, [])
  useLayoutEffect(() => {
    if (below.current !== null && box.current) box.current.scrollTop = box.current.scrollHeight - below.current
    below.current = null
  }, [reading.from])
  const isLoading = useSignal(false)
  const more = async (where: 'before' | 'after') => {
    isLoading.value = true
    await attempt(readOn(reading, where, AbortSignal.timeout(PATIENCE_MS)).then((next) => {
      if (where === 'before' && box.current) below.current = box.current.scrollHeight - box.current.scrollTop
      state.value = next
    }))
    isLoading.value = false
  }
  return (
    <div class="document" tabIndex={0} role="region" aria-label={words.documentText} ref={box}>
      {passage && reading.found !== 'in place' && <p class="notice" role="status">{reading.found === 'quote' ? words.passageQuote : words.passageMoved}</p>}
      {reading.from > 0 && <button type="button" class="more" disabled={isLoading.value} onClick={() => void more('before')}>{words.before}</button>}
      <div class="document-text" dir="auto">
        <span><Written text={text} runs={runs} to={before.length} /></span>
        {marked && <mark ref={mark}><Quoted text={text} runs={runs} from={before.length} to={last} quote={quote} /></mark>}
        <span><Written text={text} runs={runs} from={last} /></span>
      </div>
      {end(reading) < reading.document.length && <button type="button" class="more" disabled={isLoading.value} onClick={() => void more('after')}>{words.after}</button>}
    </div>
  )
}

/** The passage, with the sentence that was cited standing out. */
function Quoted({ text, runs, from = 0, to = text.length, quote }: WrittenProps & { quote: string }) {
  const at = quote ? text.indexOf(quote, from) : -1
  const end = at + quote.length
  if (at < 0 || end > to) return <Written text={text} runs={runs} from={from} to={to} />
  return (
    <>
      <Written text={text} runs={runs} from={from} to={at} />
      <strong><Written text={text} runs={runs} from={at} to={end} /></strong>
      <Written text={text} runs={runs} from={end} to={to} />
    </>
  )
}
