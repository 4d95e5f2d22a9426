/** The part of a growing Markdown text that can be shown already.
 *
 * Syntax whose meaning is not decided yet is held back, and what was opened is closed, so that a reader never
 * sees raw marks which the finished text will not have. Only the last block is touched.
 */

import type { Token } from 'marked'

import { isClosed, isFence } from './fence.ts'
import { closedInline } from './inline.ts'
import { lastBlock } from './lexer.ts'
import { isOpenMath, OPEN } from './math.ts'

const FENCE = /^(?:[ \t]*(?:>|[-*+]|\d{1,9}[.)]))*[ \t]*(`{3,}|~{3,})([^\n]*)$/
/** Quote, list, task and heading marks at the start of a line. */
const MARKS = /^(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]|$)))*[ \t]*(?:\[[ xX]\][ \t]+)?(?:#{1,6}(?=[ \t]|$)[ \t]*)?/
/** A last line that may still become a list, a rule, a heading, a quote, a table or a fence. */
const UNDECIDED = /^(?:[-*+_=#>|:`~ \t]+|[ \t]*(?:\d{1,9}[.)]?|(?:[-*+]|\d{1,9}[.)])[ \t]+\[[ xX]?\]?)[ \t]*)$/
/** A last line that may still become the definition of a link, which is not seen. */
const DEFINITION = /^ {0,3}\[(?:[^\]]{0,60}|[^\]]+\]|[^\]]+\]:[ \t]*(?:\S*|\S+[ \t]+(?:["'(].*)?))$/
const DELIMITERS = /^[ \t|:-]*$/

export interface Shown {
  /** The text as far as it can be shown while more may come. */
  text: string
  /** The blocks before this offset are as they were written, and stay blocks of their own. */
  decided: number
}

export function shown(text: string): Shown {
  const { start, decided, leaf } = lastBlock(text)
  return { text: text.slice(0, start) + shownBlock(text.slice(start).split('\n'), leaf), decided }
}

function shownBlock(lines: readonly string[], block: Token | undefined): string {
  const last = lines.length - 1
  const lastLine = lines[last] as string
  if (isFence(block) && !(isClosed(block) && lastLine.trim() === '')) return inFence(lines, block.raw)
  if (isOpenMath(block)) return inMath(lines, block.raw)
  const start = leafStart(lines)
  if (start === last && DEFINITION.test(lastLine)) return lines.slice(0, last).join('\n')
  const table = tableIn(lines, start)
  if (table === 'undecided') {
    const isBelowHeader = last > start && hasPipe(lines[last - 1] as string) && DELIMITERS.test(lastLine)
    return lines.slice(0, isBelowHeader ? last - 1 : last).join('\n')
  }
  if (table === 'head') return lines.join('\n')
  if (UNDECIDED.test(lastLine)) return lines.slice(0, last).join('\n')
  if (table === 'rows') return [...lines.slice(0, last), closedCell(lastLine)].join('\n')
  if (isIndentedCode(lines, start)) return lines.join('\n')
  const [first = '', ...rest] = lines.slice(start)
  const marks = MARKS.exec(first)?.[0] ?? ''
  const leaf = marks + closedInline([first.slice(marks.length), ...rest].join('\n'))
  return [...lines.slice(0, start), leaf].join('\n')
}

/** Code is shown with its language, so not before the fence's own line ends; a closing fence never is, nor the
 * line end before what may become one. */
function inFence(lines: readonly string[], fence: string): string {
  const last = lines.length - 1
  const [, marks] = /^[ \t>]*([`~]*)[ \t]*$/.exec(lines[last] as string) ?? []
  if (!fence.includes('\n')) return lines.slice(0, last).join('\n')
  const isHeldBack = marks === '' || marks?.[0] === fence.trimStart()[0]
  return isHeldBack ? `${lines.slice(0, last).join('\n')}\n` : lines.join('\n')
}

/** A formula is shown as its source until it is closed, and not before it has any. */
function inMath(lines: readonly string[], formula: string): string {
  const first = lines.length - formula.split('\n').length
  const before = lines.slice(0, first).join('\n')
  const rest = lines.slice(first).join('\n')
  const mark = formula.trimStart().slice(0, 2)
  const end = mark === '$$' ? '$$' : '\\]'
  const at = rest.indexOf(mark) + mark.length
  const whole = rest.slice(at).replace(mark === '$$' ? /\$$/ : /\\$/, '').trimEnd()
  if (!whole.trim()) return before
  return `${before}${first ? '\n' : ''}${rest.slice(0, at)}${whole}${OPEN}${end}`
}

/** The first line of the paragraph, heading or table, inside whatever it is, that the last line belongs to. */
function leafStart(lines: readonly string[]): number {
  let start = lines.length - 1
  while (start > 0 && isContinued(lines[start - 1] as string, lines[start] as string)) start -= 1
  return start
}

function isContinued(before: string, line: string): boolean {
  if (!before.trim() || /^[ \t]*#{1,6}[ \t]/.test(before) || FENCE.test(before)) return false
  const marks = DELIMITERS.test(line) ? '' : (MARKS.exec(line)?.[0] ?? '').trim()
  return marks === '' || (marks === '>' && before.trimStart().startsWith('>'))
}

function hasPipe(line: string): boolean {
  return line.replace(/\\.|`[^`]*`/g, '').includes('|')
}

const cellsOf = (row: string) => row.trim().replace(/^\||\|$/g, '').split(/(?<!\\)\|/).length
const isDelimiterRow = (line: string) => /-/.test(line) && /[|:]/.test(line) && DELIMITERS.test(line)

/** Whether the last line is a row of a table, or part of what may become the head of one. */
function tableIn(lines: readonly string[], start: number): 'none' | 'undecided' | 'head' | 'rows' {
  const last = lines.length - 1
  for (let i = start; i < last; i++) {
    const [head, delimiters] = [lines[i] as string, lines[i + 1] as string]
    if (!hasPipe(head) || !isDelimiterRow(delimiters)) continue
    if (cellsOf(head) === cellsOf(delimiters) && /-[ \t:|]*$/.test(delimiters)) return i + 1 < last ? 'rows' : 'head'
    if (i + 1 === last) return 'undecided'
  }
  if (hasPipe(lines[last] as string)) return 'undecided'
  const isAfterHead = last > start && hasPipe(lines[last - 1] as string) && DELIMITERS.test(lines[last] as string)
  return isAfterHead ? 'undecided' : 'none'
}

function closedCell(row: string): string {
  const cell = row.lastIndexOf('|') + 1
  return row.slice(0, cell) + closedInline(row.slice(cell))
}

/** Four spaces make code, unless a list is open that they belong to. */
function isIndentedCode(lines: readonly string[], start: number): boolean {
  const isInList = lines.slice(0, start + 1).some((line) => /^ {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]/.test(line))
  return !isInList && /^(?: {4}|\t)/.test(lines[start] as string)
}
