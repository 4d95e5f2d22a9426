/** Where a passage stands in its document's text, in the units JavaScript slices by. */

import type { Passage } from '@rivulet/client'

export interface Place {
  start: number
  end: number
}

/** By its offsets; if the text there is another, by looking for it; null when the document has it no more. */
export function placeOf(text: string, passage: Pick<Passage, 'text' | 'start' | 'end'>): Place | null {
  if (passage.start != null && passage.end != null) {
    const start = unitsOf(text, passage.start, 0)
    const end = start + unitsOf(text, passage.end - passage.start, start)
    if (text.slice(start, end) === passage.text) return { start, end }
  }
  const start = text.indexOf(passage.text)
  return start < 0 ? null : { start, end: start + passage.text.length }
}

/** How many UTF-16 units the next `codePoints` code points take. */
function unitsOf(text: string, codePoints: number, from: number): number {
  let at = from
  for (let left = codePoints; left > 0 && at < text.length; left--) {
    at += (text.codePointAt(at) as number) > 0xffff ? 2 : 1
  }
  return at - from
}
