/** A citation with its passage, marked where it stands in its document. */

import type { Passage } from '@rivulet/client'

import { openPanel } from '../state/panel.ts'
import type { Reference } from '../state/references.ts'
import { factsOf } from '../state/source-name.ts'
import { words } from '../words.ts'
import { DocumentText } from './document-text.tsx'
import { LeftIcon, RightIcon } from './icons.tsx'
import { isUnsupported, Support } from './support.tsx'

interface Props {
  references: readonly Reference[]
  index: number
}

export function PassageView({ references, index }: Props) {
  const { passage, citation, claim } = references[index] as Reference
  return (
    <>
      <div class={isUnsupported(citation) ? 'passage-head unsupported' : 'passage-head'}>
        <p class="passage-title"><b translate={false}>{passage.n}</b><span dir="auto">{passage.title}</span></p>
        <Steps references={references} index={index} />
        <p class="passage-facts">
          {factsOf(passage).map((fact) => <span key={fact} dir="auto">{fact}</span>)}
          {!citation && <span>{words.notCited}</span>}
          {citation?.support != null && <Support share={citation.support} />}
        </p>
        {claim && (
          <figure class="claim">
            <figcaption>{words.claim}</figcaption>
            <blockquote dir="auto">{claim}</blockquote>
          </figure>
        )}
      </div>
      <DocumentText key={`${passage.id} ${citation?.quote ?? ''}`} id={passage.document_id} passage={passage} quote={citation?.quote ?? ''} original={originalOf(passage)} />
    </>
  )
}

function Steps({ references, index }: Props) {
  const go = (to: number) => openPanel({ kind: 'passage', references, index: to })
  const cited = references.filter(({ citation }) => citation).length
  const place = index < cited ? words.citationOf(index + 1, cited) : words.uncitedOf(index - cited + 1, references.length - cited)
  const previous = index <= cited ? words.previousCitation : words.previousPassage
  const next = index < cited - 1 ? words.nextCitation : words.nextPassage
  return (
    <div class="passage-steps">
      <button type="button" class="round" disabled={index === 0} onClick={() => go(index - 1)} aria-label={previous} title={previous}><LeftIcon /></button>
      <span aria-live="polite">{place}</span>
      <button type="button" class="round" disabled={index === references.length - 1} onClick={() => go(index + 1)} aria-label={next} title={next}><RightIcon /></button>
    </div>
  )
}

/** A page of the web has an address of its own. */
function originalOf({ url }: Passage): string | null {
  return /^https?:\/\//.test(url) ? url : null
}
