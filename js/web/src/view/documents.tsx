/** The documents: what is on its way, what is there, what could not be read and why. */

import { useSignal } from '@preact/signals'
import type { Source, SourceDocument } from '@rivulet/client'
import { useEffect } from 'preact/hooks'

import { attempt } from '../state/notices.ts'
import { openPanel, panel } from '../state/panel.ts'
import { server } from '../state/server.ts'
import { failedSources, hasFailed, refreshSources, removeSource, retryAllSources, retryProblems, retrySource, sources, sourcesProblem } from '../state/sources.ts'
import { uploads } from '../state/uploads.ts'
import { words } from '../words.ts'
import { AddFiles, AddFolder } from './add-files.tsx'
import { RetryIcon } from './icons.tsx'
import { SureButton } from './sure-button.tsx'
import { UploadsView } from './uploads.tsx'

export function DocumentsView() {
  useEffect(() => void refreshSources(), [])
  const list = sources.value?.filter((one) => !isOnItsWay(one))
  return (
    <div class="documents">
      <div class="drop-hint">
        <div><AddFiles /><AddFolder /></div>
        <p class="muted">{words.dropHint}</p>
      </div>
      <UploadsView />
      {sourcesProblem.value && <p class="row-problem" role="alert">{sourcesProblem.value}</p>}
      {list?.length === 0 && uploads.value.length === 0 && <p class="drawer-note">{words.noSources}</p>}
      {failedSources.value.length > 1 && (
        <div class="rows-summary">
          <button type="button" class="quiet" onClick={() => void retryAllSources()}>
            <RetryIcon /><span>{words.readAllAgain(failedSources.value.length)}</span>
          </button>
        </div>
      )}
      {list && list.length > 0 && <ul class="rows">{list.map((one) => <SourceRow key={one.id} source={one} />)}</ul>}
    </div>
  )
}

/** The server may list a file before it has answered its upload: until then the upload's row stands for it. */
function isOnItsWay({ id, title }: Source): boolean {
  return uploads.value.some(({ phase, name, before }) => phase === 'sending' && name === title && !before?.has(id))
}

function SourceRow({ source }: { source: Source }) {
  const isOne = source.document_count === 1 && source.status === 'ready'
  const open = async () => {
    const { documents: [only] = [] } = await server.sources.get(source.id)
    // Whoever has closed the drawer meanwhile does not want it any more.
    if (only && panel.peek()?.kind === 'documents') openPanel({ kind: 'document', id: only.id, title: only.title })
  }
  return (
    <li class="row" data-status={source.status}>
      <div class="row-text">
        <p class="row-title">
          {isOne
            ? <button type="button" class="plain-link" dir="auto" onClick={() => void attempt(open())}>{source.title}</button>
            : <bdi dir="auto">{source.title}</bdi>}
        </p>
        <p class="muted row-facts">{factsOf(source).map((fact) => <span key={fact}>{fact}</span>)}</p>
        {source.error_message && <p class="row-problem"><bdi dir="auto">{source.error_message}</bdi></p>}
        {retryProblems.value[source.id] && <p class="row-problem" role="alert">{retryProblems.value[source.id]}</p>}
        {source.document_count > 1 && <Contents key={source.updated_at} source={source} />}
      </div>
      <Retry source={source} />
      <SureButton label={words.removeSource(source.title)} question={words.reallyRemove} act={() => removeSource(source.id)} />
    </li>
  )
}

/** Stays while what it asked for is being done, so that whoever pressed it by keyboard is still there if it fails. */
function Retry({ source }: { source: Source }) {
  const isAsked = useSignal(false)
  const canRetry = hasFailed(source)
  if (!canRetry && (!isAsked.value || source.status === 'ready')) return null
  const retry = () => {
    if (!canRetry) return
    isAsked.value = true
    void retrySource(source.id)
  }
  return (
    <button type="button" class="quiet small" aria-disabled={!canRetry} aria-label={words.readAgain(source.title)}
      title={words.readAgain(source.title)} onClick={retry}>
      <RetryIcon />
    </button>
  )
}

function factsOf(source: Source): string[] {
  const facts = source.status === 'ready' ? [] : [words.status[source.status]]
  if (source.document_count > 1) facts.push(words.documentsCount(source.document_count))
  if (source.failed_count && source.document_count > 1) facts.push(words.failedCount(source.failed_count))
  if (source.chunk_count > 0) facts.push(words.passagesCount(source.chunk_count))
  return facts
}

/** A source's documents, asked for when somebody looks; those that could not be read come first. */
function Contents({ source }: { source: Source }) {
  const documents = useSignal<readonly SourceDocument[] | null>(null)
  const look = async (event: Event) => {
    if (!(event.currentTarget as HTMLDetailsElement).open) return
    const { documents: found = [] } = await server.sources.get(source.id).catch(() => ({ documents: [] }))
    documents.value = [...found].sort((a, b) => Number(Boolean(b.reason)) - Number(Boolean(a.reason)))
  }
  return (
    <details class="contents" onToggle={look}>
      <summary>{words.showDocuments}</summary>
      <ul>
        {documents.value?.map((one) => (
          <li key={one.id}>
            {one.reason ? (
              <><span><bdi dir="auto">{one.filename ?? one.title}</bdi></span><span class="row-problem"><bdi dir="auto">{one.reason}</bdi></span></>
            ) : (
              <>
                <button type="button" class="link" dir="auto" onClick={() => openPanel({ kind: 'document', id: one.id, title: one.title })}>{one.title}</button>
                {one.filename && one.filename !== one.title && <span><bdi dir="auto">{one.filename}</bdi></span>}
              </>
            )}
          </li>
        ))}
      </ul>
    </details>
  )
}
