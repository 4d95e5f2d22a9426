/** How far the words of a claim are found in its source: a figure by its own name, with what it is and is not. */

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
