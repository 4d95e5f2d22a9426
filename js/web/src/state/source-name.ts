/** What a source is called: in short, so that it can be told from the others, and in full, so that it can be found. */

import type { Passage } from '@rivulet/client'

import { words } from '../words.ts'
import { baseUrl } from './server.ts'

/** As much of a passage as says which one it is. */
const BEGINNING = 48

/** The headings a passage stands under, the nearest last; without the one that is the document's title. */
export function headingsOf({ metadata, title }: Passage): string[] {
  const path = metadata?.['heading']
  const headings = typeof path === 'string' ? path.split(' › ').filter(Boolean) : []
  return headings[0] === title ? headings.slice(1) : headings
}

/** What tells a source from the others of the same title, which have their pages to tell them apart as well: its
 * nearest heading, its file, or how it begins. Empty when nothing more has to be said. */
export function placeAmong(all: readonly Passage[], passage: Passage): string {
  const alike = all.filter((one) => one !== passage && one.title === passage.title)
  if (!alike.length) return ''
  const rivals = alike.filter(({ page }) => page === passage.page)
  if (!rivals.length) return nearest(passage)
  const tells = (name: (one: Passage) => string) => name(passage) !== '' && rivals.every((one) => name(one) !== name(passage))
  return ([nearest, fileOf].find(tells) ?? beginning)(passage)
}

/** Where it is to be found: its headings, its page, its file. */
export function factsOf(passage: Passage): string[] {
  const page = passage.page == null ? '' : words.page(passage.page)
  return [headingsOf(passage).join(' › '), page, fileOf(passage)].filter(Boolean)
}

/** The same in a list of others: with what tells it from them, if that is none of these. */
export function factsAmong(all: readonly Passage[], passage: Passage): string[] {
  const [facts, place] = [factsOf(passage), placeAmong(all, passage)]
  return !place || facts.some((fact) => fact.includes(place)) ? facts : [...facts, place]
}

/** Its address on the web, or that of its document on this server; empty when it has none. */
export function addressOf({ url }: Passage): string {
  if (/^https?:\/\//.test(url)) return url
  return /^\/(?!\/)/.test(url) ? `${baseUrl}${url}` : ''
}

const nearest = (passage: Passage) => headingsOf(passage).at(-1) ?? ''

const fileOf = ({ filename, title }: Passage) => (filename && filename !== title ? filename : '')

/** Its first words, past the title that it may begin with. */
function beginning({ text, title }: Passage): string {
  const said = text.replace(/^[\s#>-]+|[|*`]+|-{3,}/g, ' ').replace(/\s+/g, ' ').trim()
  const line = said.startsWith(`${title} `) ? said.slice(title.length + 1) : said
  return line.length > BEGINNING ? `${line.slice(0, BEGINNING).trimEnd()}…` : line
}
