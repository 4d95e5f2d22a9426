/** How far the words of a claim are found in its source: a figure by its own name, with what it is and is not. */

import type { CitationAdded } from '@rivulet/client'

import { words } from '../words.ts'

/** Below it a sentence is called unsupported; the server's own threshold (docs/explain/grounding.md). */
const WEAK = 0.6

export function Support({ share }: { share: number }) {
  return (
    <span class="support" data-level={share < WEAK ? 'weak' : 'good'} title={words.supportMeans}>
      <span class="support-bar" aria-hidden="true"><i style={{ inlineSize: `${Math.round(share * 100)}%` }} /></span>
      <span>{words.support(share)}</span>
    </span>
  )
}

/** No word of the claim is found in its source: the passage is shown, and not as one that bears the claim out. */
export function isUnsupported(citation: CitationAdded | undefined): boolean {
  return citation?.support != null && Math.round(100 * citation.support) === 0
}
