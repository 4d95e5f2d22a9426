/** What an empty chat says: what can be asked about, or how to add something. */

import { openPanel } from '../state/panel.ts'
import { documentCount, sources, sourcesProblem } from '../state/sources.ts'
import { words } from '../words.ts'
import { AddFiles } from './add-files.tsx'
import { PagesIcon } from './icons.tsx'
import { Mark } from './mark.tsx'

export function Welcome() {
  if (sources.value === null) return sourcesProblem.value === null ? null : <Away />
  const hasDocuments = documentCount.value > 0
  return (
    <div class="welcome">
      <Mark size={52} />
      <h2>{hasDocuments ? words.greeting : words.greetingEmpty}</h2>
      <p>{hasDocuments ? words.greetingBody(documentCount.value) : words.greetingEmptyBody}</p>
      {hasDocuments ? <Beginning /> : <AddFiles />}
    </div>
  )
}

/** What somebody can do who does not know yet what to ask. Questions are not made up for them: nobody can tell whether
 * the documents answer these. */
function Beginning() {
  return (
    <div class="beginning">
      <button type="button" class="plain-button" onClick={() => openPanel({ kind: 'documents' })}><PagesIcon /><span>{words.seeDocuments}</span></button>
      <AddFiles isPlain />
    </div>
  )
}

/** Nobody has to do anything: the server is asked again until it answers. */
function Away() {
  return (
    <div class="welcome" role="status">
      <Mark size={52} />
      <h2>{words.away}</h2>
      <p>{words.awayBody}</p>
    </div>
  )
}
