/** The passages an answer rests on, below it. */

import { useSignal } from '@preact/signals'
import type { Passage } from '@rivulet/client'

import type { Answer } from '../state/answer.ts'
import { openPanel } from '../state/panel.ts'
import { words } from '../words.ts'

/** Cited sources first; what was found and not used is folded away. */
export function Sources({ answer }: { answer: Answer }) {
  const isOpen = useSignal(false)
  const all = answer.sources.value
  const used = all.filter(({ n }) => answer.cited.value.has(n))
  const others = all.filter(({ n }) => !answer.cited.value.has(n))
  if (!all.length) return null
  const open = (passage: Passage) => {
    const quote = answer.citations.value.find(({ n }) => n === passage.n)?.quote
    openPanel({ kind: 'passage', passages: all, index: all.indexOf(passage), quote })
  }
  const pill = (passage: Passage) => (
    <li key={passage.id}>
      <button type="button" class="source" onClick={() => open(passage)}
        aria-label={words.source(passage.n, passage.title)}>
        <b>{passage.n}</b>
        <span class="source-title">{passage.title}</span>
        {passage.page != null && <span class="source-page">{words.page(passage.page)}</span>}
      </button>
    </li>
  )
  return (
    <div class="sources">
      {used.length > 0 && <ul>{used.map(pill)}</ul>}
      {others.length > 0 && !isOpen.value && (
        <button type="button" class="quiet" onClick={() => (isOpen.value = true)}>{used.length ? words.otherSources(others.length) : words.foundSources(others.length)}</button>
      )}
      {others.length > 0 && isOpen.value && <ul class="uncited">{others.map(pill)}</ul>}
    </div>
  )
}
