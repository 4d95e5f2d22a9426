/** What an empty chat says: what can be asked about, or how to add something. */

import { documentCount, sources, sourcesProblem } from '../state/sources.ts'
import { words } from '../words.ts'
import { AddFiles } from './add-files.tsx'
import { Mark } from './mark.tsx'

export function Welcome() {
  if (sources.value === null) return sourcesProblem.value === null ? null : <Away />
  const hasDocuments = documentCount.value > 0
  return (
    <div class="welcome">
      <Mark size={52} />
      <h2>{hasDocuments ? words.greeting : words.greetingEmpty}</h2>
      <p>{hasDocuments ? words.greetingBody(documentCount.value) : words.greetingEmptyBody}</p>
      {!hasDocuments && <AddFiles />}
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
