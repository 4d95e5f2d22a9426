/** The sources under an answer: those it cites; what was found and not used is folded away. */

import { useSignal } from '@preact/signals'
import type { Passage } from '@rivulet/client'

import type { Answer } from '../state/answer.ts'
import { addressOf, factsAmong, placeAmong } from '../state/source-name.ts'
import { words } from '../words.ts'
import { openSource } from './citation.ts'

export function Sources({ answer }: { answer: Answer }) {
  const isOpen = useSignal(false)
  const all = answer.sources.value
  const used = all.filter(({ n }) => answer.cited.value.has(n))
  const others = all.filter(({ n }) => !answer.cited.value.has(n))
  const shown = isOpen.value ? all : used
  if (!all.length) return null
  return (
    <div class="sources">
      {used.length > 0 && <ul>{used.map((one) => <Pill key={one.id} answer={answer} passage={one} shown={shown} />)}</ul>}
      {others.length > 0 && (
        <button type="button" class="quiet" aria-expanded={isOpen.value} onClick={() => (isOpen.value = !isOpen.value)}>
          {used.length ? words.otherSources(others.length) : words.foundSources(others.length)}
        </button>
      )}
      {isOpen.value && <ul class="uncited">{others.map((one) => <Pill key={one.id} answer={answer} passage={one} shown={shown} />)}</ul>}
    </div>
  )
}

/** Number, place and page are drawn by the style sheet: what is read out is the one sentence of the label. On paper
 * there is room to say all of it. */
function Pill({ answer, passage, shown }: { answer: Answer; passage: Passage; shown: readonly Passage[] }) {
  const page = passage.page == null ? '' : words.page(passage.page)
  const place = placeAmong(shown, passage)
  const label = [words.source(passage.n, passage.title), place, page].filter(Boolean).join(', ')
  const full = [...factsAmong(shown, passage), addressOf(passage)].filter(Boolean).join(', ')
  return (
    <li>
      <button type="button" class="source" data-full={full} onClick={() => openSource(answer, passage.n)} aria-label={label}>
        <b data-text={passage.n} />
        <span class="source-title" dir="auto">{passage.title}</span>
        {place && <span class="source-place" dir="auto" data-text={place} />}
        {page && <span class="source-page" data-text={page} />}
      </button>
    </li>
  )
}
