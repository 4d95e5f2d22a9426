/** What an answer rests on, in the order a reader meets it: each citation with its passage, then what was found and
 * not cited. */

import type { CitationAdded, Passage } from '@rivulet/client'

import type { Answer } from './answer.ts'

export interface Reference {
  passage: Passage
  /** Missing for a passage that was found and not cited. */
  citation?: CitationAdded
  /** What the answer says on the strength of it. */
  claim?: string
}

export function referencesOf({ text, sources, citations }: Pick<Answer, 'text' | 'sources' | 'citations'>): Reference[] {
  const points = [...text]
  const passages = new Map(sources.value.map((one) => [one.n, one]))
  const cited = citations.value.flatMap((citation): Reference[] => {
    const passage = passages.get(citation.n)
    return passage ? [{ passage, citation, claim: claimOf(points, citation) }] : []
  })
  const used = new Set(cited.map(({ passage }) => passage.n))
  return [...cited, ...sources.value.filter(({ n }) => !used.has(n)).map((passage) => ({ passage }))]
}

/** A longer claim says no more in the drawer than in the answer, which stands beside it. */
const CLAIM_LENGTH = 280

/** Offsets count within a part of the text; a mark that is not where they say belongs to a later part. */
function claimOf(points: readonly string[], { n, start, end, claim_start }: CitationAdded): string {
  if (claim_start == null || points.slice(start, end).join('') !== `[${n}]`) return ''
  const claim = points.slice(claim_start, start).join('').replace(/\[\d{1,3}\]|[*_`~#>|]+/g, '').replace(/\s+/g, ' ').trim()
  return claim.length > CLAIM_LENGTH ? `${claim.slice(0, CLAIM_LENGTH)}…` : claim
}
