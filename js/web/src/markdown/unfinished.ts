/** The part of a growing Markdown text that can be shown already.
 *
 * Syntax whose meaning is not decided yet is held back, and what was opened is closed, so that a reader never
 * sees raw marks which the finished text will not have. Only the last block is touched.
 */

import { closedInline } from './inline.ts'
import { OPEN } from './math.ts'

const FENCE = /^(?:[ \t]*(?:>|[-*+]|\d{1,9}[.)]))*[ \t]*(`{3,}|~{3,})([^\n]*)$/
/** Quote, list, task and heading marks at the start of a line. */
const MARKS = /^(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]|$)))*[ \t]*(?:\[[ xX]\][ \t]+)?(?:#{1,6}(?=[ \t]|$)[ \t]*)?/
/** A last line that may still become a list, a rule, a heading, a quote, a table or a fence. */
const UNDECIDED = /^[ \t]*(?:[-*+_=#>|:`~ \t]+|\d{1,9}[.)]?|(?:[-*+]|\d{1,9}[.)])[ \t]+\[[ xX]?\]?)[ \t]*$/
/** A last line that may still become the definition of a link, which is not seen. */
const DEFINITION = /^ {0,3}\[(?:[^\]]{0,60}|[^\]]+\]|[^\]]+\]:[ \t]*(?:\S*|\S+[ \t]+(?:["'(].*)?))$/
const MATH = /^[ \t]*(\$\$|\\\[)/
const DELIMITERS = /^[ \t|:-]*$/

/** `text` as far as it can be shown while more may come. */
export function shown(text: string): string {
  const lines = text.split('\n')
  const last = lines.length - 1
  const lastLine = lines[last] as string
  const fence = openFence(lines)
  if (fence) return inFence(lines, fence)
  const start = blockStart(lines)
  const math = openMath(lines, start)
  if (math) return inMath(lines, math)
  if (start === last && DEFINITION.test(lastLine)) return lines.slice(0, last).join('\n')
  const table = tableIn(lines, start)
  if (table === 'undecided') {
    const isBelowHeader = last > start && hasPipe(lines[last - 1] as string) && DELIMITERS.test(lastLine)
    return lines.slice(0, isBelowHeader ? last - 1 : last).join('\n')
  }
  if (table === 'head') return text
  if (UNDECIDED.test(lastLine)) return lines.slice(0, last).join('\n')
  if (table === 'rows') return [...lines.slice(0, last), closedCell(lastLine)].join('\n')
  if (isIndentedCode(lines, start)) return text
  const [first = '', ...rest] = lines.slice(start)
  const marks = MARKS.exec(first)?.[0] ?? ''
  const leaf = marks + closedInline([first.slice(marks.length), ...rest].join('\n'))
  return [...lines.slice(0, start), leaf].join('\n')
}

interface Fence {
  line: number
  mark: string
}

/** The code fence that the text ends in, if it does. */
function openFence(lines: readonly string[]): Fence | undefined {
  let open: Fence | undefined
  lines.forEach((line, i) => {
    const [, mark = '', info = ''] = FENCE.exec(line) ?? []
    if (!mark) return
    if (!open) {
      if (mark.startsWith('~') || !info.includes('`')) open = { line: i, mark }
    } else if (mark.startsWith(open.mark) && !info.trim()) {
      open = undefined
    }
  })
  return open
}

/** Code is shown with its language, so not before the fence's own line ends; a closing fence never is. */
function inFence(lines: readonly string[], { line, mark }: Fence): string {
  const last = lines.length - 1
  const isHeldBack = line === last || /^[ \t>]*(`+|~+)[ \t]*$/.exec(lines[last] as string)?.[1]?.[0] === mark[0]
  return lines.slice(0, isHeldBack ? last : undefined).join('\n')
}

interface OpenMath {
  line: number
  /** What stands before it on its line: list and quote marks. */
  before: string
  mark: string
}

/** The formula on lines of its own that the last block ends in, if it does. */
function openMath(lines: readonly string[], start: number): OpenMath | undefined {
  for (let i = start; i < lines.length; i++) {
    const before = MARKS.exec(lines[i] as string)?.[0] ?? ''
    const mark = MATH.exec((lines[i] as string).slice(before.length))?.[1]
    if (!mark) continue
    const close = mark === '$$' ? '$$' : '\\]'
    const end = lines.findIndex((line, j) => j >= i && line.includes(close, j === i ? line.indexOf(mark) + mark.length : 0))
    if (end < 0) return { line: i, before, mark }
    i = end
  }
  return undefined
}

/** A formula is shown as its source until it is closed, and not before it has any. */
function inMath(lines: readonly string[], { line, before, mark }: OpenMath): string {
  const text = lines.join('\n')
  const start = lines.slice(0, line).join('\n').length + (line ? 1 : 0)
  const source = text.slice(text.indexOf(mark, start + before.length) + mark.length)
  const whole = source.replace(mark === '$$' ? /\$$/ : /\\$/, '').trimEnd()
  if (!whole.trim()) return text.slice(0, Math.max(0, start - 1))
  return text.slice(0, text.length - source.length) + whole + OPEN + (mark === '$$' ? '$$' : '\\]')
}

/** The first line of the block that the last line belongs to. */
function blockStart(lines: readonly string[]): number {
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
