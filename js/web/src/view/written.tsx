/** A part of a document's text, its runs dressed: every letter of it, or the words alone. */

import type { Run } from '../markdown/written.ts'

export interface WrittenProps {
  text: string
  runs: readonly Run[]
  from?: number
  to?: number
  /** Without the signs, a point for a bar. */
  isPlain?: boolean
}

export function Written({ text, runs, from = 0, to = text.length, isPlain = false }: WrittenProps) {
  return (
    <>
      {runs.filter(({ start, end }) => end > from && start < to).map(({ start, end, kind }) => {
        if (isPlain && /sign|bar/.test(kind)) return kind.endsWith('bar') ? '·' : null
        const words = text.slice(Math.max(start, from), Math.min(end, to))
        return kind ? <span class={kind}>{words}</span> : words
      })}
    </>
  )
}
