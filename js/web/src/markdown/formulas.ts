/** TeX → nodes, by KaTeX, each source once. */

import katex from 'katex'
import 'katex/dist/katex.min.css'

const made = new Map<string, Node | null>()
/** A long answer repeats its formulas; more than this many different ones are forgotten together. */
const MOST = 500

/** A node of its own; null for what is no TeX. */
export function typesetNode(source: string, isDisplay: boolean): Node | null {
  const key = `${isDisplay ? 'd' : 'i'}${source}`
  if (!made.has(key)) {
    if (made.size >= MOST) made.clear()
    made.set(key, typeset(source, isDisplay))
  }
  return made.get(key)?.cloneNode(true) ?? null
}

function typeset(source: string, displayMode: boolean): Node | null {
  const place = document.createElement('span')
  try {
    katex.render(source, place, { displayMode, throwOnError: true, strict: 'ignore', trust: false, maxExpand: 1000, maxSize: 50 })
  } catch {
    return null
  }
  return place.firstChild
}
