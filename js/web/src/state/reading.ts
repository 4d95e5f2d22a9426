/** A part of a document's text, read around a passage: however long the document is, the page holds what is seen. */

import type { Document, Passage } from '@rivulet/client'

import { server } from './server.ts'

/** All positions count code points of the whole document. */
export interface Reading {
  document: Document
  from: number
  /** What stands before, in and after the mark. */
  before: string
  marked: string
  after: string
  /** How the marked text was found: where it was, somewhere else, only the cited sentence of it, or not at all. */
  found: 'in place' | 'moved' | 'quote' | 'not at all'
}

/** Several screens, and little enough to lay out at once. */
const AROUND = 12_000
/** A document that has changed is searched in parts of this length: some hundred kilobytes each. */
const STEP = 400_000

/** The document around the passage, or its beginning when there is none. */
export async function read(id: string, passage: Passage | null, quote: string, signal: AbortSignal): Promise<Reading> {
  if (!passage) return begin(id, signal)
  const { start, end, text } = passage
  if (start != null && end != null) {
    const reading = await around(id, start, end, signal)
    if (reading.marked === text) return reading
  }
  const place = await search(id, text, signal)
  if (place) return { ...(await around(id, place.start, place.end, signal)), found: 'moved' }
  const cited = quote && quote !== text ? await search(id, quote, signal) : null
  if (cited) return { ...(await around(id, cited.start, cited.end, signal)), found: 'quote' }
  return { ...(await begin(id, signal)), found: 'not at all' }
}

export function end({ from, before, marked, after }: Reading): number {
  return from + points(before) + points(marked) + points(after)
}

/** The same with more of the text at its beginning or its end. */
export async function readOn(reading: Reading, where: 'before' | 'after', signal: AbortSignal): Promise<Reading> {
  const { document, from } = reading
  if (where === 'before') {
    const start = Math.max(0, from - 2 * AROUND)
    const { text } = await server.documents.get(document.id, { start, end: from }, signal)
    return { ...reading, from: start, before: text + reading.before }
  }
  const start = end(reading)
  const { text } = await server.documents.get(document.id, { start, end: start + 2 * AROUND }, signal)
  return { ...reading, after: reading.after + text }
}

async function begin(id: string, signal: AbortSignal): Promise<Reading> {
  const document = await server.documents.get(id, { start: 0, end: 2 * AROUND }, signal)
  return { document, from: 0, before: '', marked: '', after: document.text, found: 'in place' }
}

async function around(id: string, start: number, end: number, signal: AbortSignal): Promise<Reading> {
  const from = Math.max(0, start - AROUND)
  const document = await server.documents.get(id, { start: from, end: end + AROUND }, signal)
  const first = units(document.text, start - from, 0)
  const last = units(document.text, end - start, first)
  return {
    document, from, found: 'in place',
    before: document.text.slice(0, first), marked: document.text.slice(first, last), after: document.text.slice(last),
  }
}

async function search(id: string, wanted: string, signal: AbortSignal): Promise<{ start: number; end: number } | null> {
  const length = points(wanted)
  for (let from = 0; ; from += STEP) {
    const part = await server.documents.get(id, { start: from, end: from + STEP + length }, signal)
    const at = part.text.indexOf(wanted)
    if (at >= 0) {
      const start = from + points(part.text.slice(0, at))
      return { start, end: start + length }
    }
    if (from + STEP >= part.length) return null
  }
}

/** Where in JavaScript's units the text stands `count` code points after `at`. */
function units(text: string, count: number, at: number): number {
  let unit = at
  for (let left = count; left > 0 && unit < text.length; left--) unit += (text.codePointAt(unit) as number) > 0xffff ? 2 : 1
  return unit
}

function points(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}
