/** Formulas in Markdown: `$…$` and `\(…\)` in a line, `$$…$$` and `\[…\]` on lines of their own. */

import type { Tokens } from 'marked'

/** Before the closing mark of a formula that is still being written, and in place of a bracket that waits for
 * its end: a character that Unicode promises never to use. */
export const OPEN = '\ufdd0'

export interface MathToken extends Tokens.Generic {
  type: 'math'
  source: string
  isDisplay: boolean
  /** Its closing mark has not come yet. */
  isOpen: boolean
}

const BLOCK = /^ {0,3}(?:\$\$((?:(?!\$\$|\n[ \t]*\n)[^])+)\$\$|\\\[((?:(?!\\\]|\n[ \t]*\n)[^])+)\\\])[ \t]*(?=\n|$)/
const UNCLOSED = /^ {0,3}(?:\$\$(?:(?!\$\$|\n[ \t]*\n)[^])*|\\\[(?:(?!\\\]|\n[ \t]*\n)[^])*)$/
const DISPLAY = /^\$\$((?:(?!\$\$|\n[ \t]*\n)[^])+)\$\$/
/** As Pandoc has it: no space inside the marks, no digit after them, so that "$5 and $6" are prices. */
const DOLLARS = /^\$(?![\s$])((?:\\[^]|(?!\n[ \t]*\n)[^\\$])+?)(?<![\s])\$(?![\d$])/
const PARENS = /^\\\(((?:(?!\\\)|\n[ \t]*\n)[^])+)\\\)/

export function blockMath(src: string): MathToken | undefined {
  const found = BLOCK.exec(src)
  return found ? token(found[0], (found[1] ?? found[2]) as string, true) : undefined
}

/** The same, and a formula that the text ends in the middle of. */
export function growingMath(src: string): MathToken | undefined {
  const [raw = ''] = UNCLOSED.exec(src) ?? []
  return raw ? { type: 'math', raw, source: '', isDisplay: true, isOpen: true } : blockMath(src)
}

export function isOpenMath(token: { type: string } | undefined): token is MathToken {
  return token?.type === 'math' && (token as MathToken).isOpen
}

export function inlineMath(src: string): MathToken | undefined {
  const found = DISPLAY.exec(src)
  if (found) return token(found[0], found[1] as string, true)
  const inline = src[0] === '$' ? DOLLARS.exec(src) : src[0] === '\\' ? PARENS.exec(src) : null
  return inline ? token(inline[0], inline[1] as string, false) : undefined
}

/** Where a paragraph may be interrupted. */
export function nextBlockMath(src: string): number | undefined {
  const at = src.search(/\n {0,3}(?:\$\$|\\\[)/)
  return at < 0 ? undefined : at
}

export function nextInlineMath(src: string): number | undefined {
  const at = src.search(/\$|\\\(/)
  return at < 0 ? undefined : at
}

/** The same text with its formulas blanked, so that what stands in them does not close emphasis. */
export function maskedMath(src: string): string {
  if (!src.includes('$') && !src.includes('\\(')) return src
  let masked = ''
  for (let at = 0; at < src.length; ) {
    const length = inlineMath(src.slice(at))?.raw.length
    masked += length ? 'a'.repeat(length) : src[at]
    at += length ?? 1
  }
  return masked
}

function token(raw: string, source: string, isDisplay: boolean): MathToken {
  const isOpen = source.endsWith(OPEN)
  return { type: 'math', raw, source: (isOpen ? source.slice(0, -1) : source).trim(), isDisplay, isOpen }
}

/** A formula that `rest` begins and does not end, as a whole one; null when the mark is only a character. */
export function closedMath(rest: string): string | null {
  if (rest.length > LONGEST || /\n[ \t]*\n/.test(rest)) return null
  const [, mark = '', source = ''] = /^(\$\$?|\\\()([^]*)$/.exec(rest) ?? []
  if (!mark || !source.trim()) return mark ? '' : null
  if (mark === '$' && (/^\s/.test(source) || /^\d[\d.,]*(?:[\s%)\]/–-]|$)/.test(source))) return null
  const whole = source.replace(mark === '$$' ? /\$$/ : /\\$/, '').trimEnd()
  return whole ? mark + whole + OPEN + (mark === '\\(' ? '\\)' : mark) : ''
}

/** A line that never closes its dollar is a line about money or a shell, and must not wait for long. */
const LONGEST = 400

