/** The sources under an answer: those it cites; what was found and not used is folded away. */

import { useSignal } from '@preact/signals'
import type { Passage } from '@rivulet/client'

import type { Answer } from '../state/answer.ts'
import { words } from '../words.ts'
import { openSource } from './citation.ts'

export function Sources({ answer }: { answer: Answer }) {
  const isOpen = useSignal(false)
  const all = answer.sources.value
  const used = all.filter(({ n }) => answer.cited.value.has(n))
  const others = all.filter(({ n }) => !answer.cited.value.has(n))
  if (!all.length) return null
  return (
    <div class="sources">
      {used.length > 0 && <ul>{used.map((one) => <Pill key={one.id} answer={answer} passage={one} />)}</ul>}
      {others.length > 0 && (
        <button type="button" class="quiet" aria-expanded={isOpen.value} onClick={() => (isOpen.value = !isOpen.value)}>
          {used.length ? words.otherSources(others.length) : words.foundSources(others.length)}
        </button>
      )}
      {isOpen.value && <ul class="uncited">{others.map((one) => <Pill key={one.id} answer={answer} passage={one} />)}</ul>}
    </div>
  )
}

/** Number and page are drawn by the style sheet: what is read out is the one sentence of the label. */
function Pill({ answer, passage }: { answer: Answer; passage: Passage }) {
  const page = passage.page == null ? undefined : words.page(passage.page)
  const label = words.source(passage.n, passage.title)
  return (
    <li>
      <button type="button" class="source" onClick={() => openSource(answer, passage.n)} aria-label={page ? `${label}, ${page}` : label}>
        <b data-text={passage.n} />
        <span class="source-title" dir="auto">{passage.title}</span>
        {page && <span class="source-page" data-text={page} />}
      </button>
    </li>
  )
}
