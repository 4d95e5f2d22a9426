/** How far the beginning of a growing text can no longer change. Blocks are decided line by line; only a table's
 * head and an underlined heading need the line after. */

import type { Token, Tokens } from 'marked'

/** Two whole lines of what follows. */
const DECIDED = /\S[^\n]*\n[^\n]*\n/
const OPEN_FENCE = /^(?:`{3,}[^`\n]*|~{3,}[^\n]*)\n/

/** How many of the first `tokens` of `source` are settled; none that ends after `decided`. */
export function settledBlocks(tokens: readonly Token[], source: string, decided: number): number {
  let offset = 0
  let count = 0
  for (let i = 0; i < tokens.length; i++) {
    const rest = source.slice(offset)
    if (i > 0 && (DECIDED.test(rest) || OPEN_FENCE.test(rest))) count = i
    const raw = (tokens[i] as Token).raw
    // What was held back at the end, or closed early, is not what was written.
    if (!rest.startsWith(raw)) break
    offset += raw.length
    if (offset > decided) break
  }
  return count
}

/** Fewer are not worth it: the last two stay, because the last may still grow and the one before may end with it. */
const FEWEST = 4
const KEPT = 2

/** The first items or rows that are settled: how many, and how long they are in the source. */
export function settledPart(token: Token | undefined, headLength: number): { count: number; length: number } | null {
  if (token?.type === 'list') {
    const { items } = token as Tokens.List
    if (items.length < FEWEST) return null
    const done = items.slice(0, -KEPT)
    return { count: done.length, length: done.reduce((sum, { raw }) => sum + raw.length, 0) }
  }
  if (token?.type === 'table') {
    const count = (token as Tokens.Table).rows.length - KEPT
    if (count < FEWEST - KEPT) return null
    const lines = token.raw.slice(headLength).split('\n').slice(0, count)
    return { count, length: lines.join('\n').length + 1 }
  }
  return null
}

/** A table's head with the line under it. */
export function headOf(token: Token): string {
  return token.type === 'table' ? token.raw.split('\n').slice(0, 2).join('\n') + '\n' : ''
}

/** Makes a tight list a loose one: its items' text becomes paragraphs. */
export function loosen(token: Tokens.List): void {
  for (const item of token.items) item.loose = true
}
