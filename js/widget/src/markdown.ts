/** Streamed Markdown as elements, without HTML strings: what is settled is never touched again, only the last
 *  block is made anew, and what is not decided yet is not shown. Raw HTML is text. A block on the top level takes
 *  the direction of its first letter, code aside; what is inside follows it, so that bullets, bars and columns stand
 *  on its side. */

import { make } from './elements.ts'

/** What stands for a source's `[n]`, if there is such a source. */
export type Chip = (n: number) => Node | undefined

/** Blocks of one text in one box. */
export class Markdown {
  readonly #box: HTMLElement
  readonly #chip: Chip
  #settled = 0
  #tail: ChildNode[] = []
  #shown = ''
  #wasOver = false

  constructor(box: HTMLElement, chip: Chip) {
    this.#box = box
    this.#chip = chip
  }

  /** The text as it is now. It only grows; another one begins anew. */
  update(text: string, isOver: boolean): void {
    if (text === this.#shown && isOver === this.#wasOver) return
    if (!text.startsWith(this.#shown)) this.#clear()
    this.#shown = text
    this.#wasOver = isOver
    for (const part of this.#tail) part.remove()
    for (let end = cut(text, this.#settled); end > 0; end = cut(text, this.#settled)) {
      this.#box.append(...blocks(text.slice(this.#settled, end), false, this.#chip))
      this.#settled = end
    }
    this.#tail = blocks(text.slice(this.#settled), !isOver, this.#chip)
    this.#box.append(...this.#tail)
  }

  #clear(): void {
    this.#box.replaceChildren()
    this.#settled = 0
    this.#tail = []
  }
}

/** Nobody writes these; they bound what a letter more may cost. Text beyond the first is shown as it is, a
 *  block beyond the second becomes two, and quotes and lists beyond the third are text. */
const LONGEST_LINE = 4000
const LONGEST_BLOCK = 20_000
const DEEPEST = 12

const FENCE = /^\s*(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/
const HEADING = /^ {0,3}(#{1,6})\s+(.*)$/
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/
const ITEM = /^(\s*)(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/
const ROW = /\|/
const DELIMITER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/

/** A line as far as marks count in it: one that is too long is words. */
const asSyntax = (line: string) => (line.length > LONGEST_LINE ? 'words' : line)

/** Where the block after `from` ends; 0 when that is not yet known. */
function cut(text: string, from: number): number {
  const end = blockEnd(text, from)
  const most = from + LONGEST_BLOCK
  const isBounded = text.length <= most || (end > 0 && end <= most) || FENCE.test(asSyntax(text.slice(from, most).trimStart().split('\n', 1)[0] ?? ''))
  if (isBounded) return end
  const gap = Math.max(text.lastIndexOf('\n', most), text.lastIndexOf(' ', most))
  if (gap > from) return gap + 1
  return (text.codePointAt(most - 1) ?? 0) > 0xffff ? most + 1 : most
}

/** Where the first block after `from` is over: at a blank line that is not inside of code; 0 when it is not yet. */
function blockEnd(text: string, from: number): number {
  let fence = ''
  let hasText = false
  for (let at = from; ; ) {
    const end = text.indexOf('\n', at)
    if (end < 0) return 0
    const line = text.slice(at, end)
    const mark = FENCE.exec(asSyntax(line))?.[1]
    if (fence) {
      if (mark && mark[0] === fence[0] && mark.length >= fence.length && line.trim() === mark) fence = ''
    } else if (mark) fence = mark
    else if (!line.trim() && (!hasText || continues(text, from, end + 1) === false)) return end + 1
    hasText ||= line.trim() !== ''
    at = end + 1
  }
}

/** Whether a list goes on after a blank line; undefined as long as that cannot be known. */
function continues(text: string, from: number, next: number): boolean | undefined {
  if (!ITEM.test(asSyntax(text.slice(from).trimStart().split('\n', 1)[0] ?? ''))) return false
  const lines = text.slice(next).split('\n')
  const at = lines.findIndex((line) => line.trim())
  const line = lines[at]
  // The first letters of a line may become an item's mark.
  if (line === undefined || (at === lines.length - 1 && /^\s*(\d{1,9}[.)]?|[-*+])?\s*$/.test(line))) return undefined
  return ITEM.test(line) || /^\s{2,}/.test(line)
}

/** The elements of some lines. While they are open, the end of the last one is still coming. */
function blocks(text: string, isOpen: boolean, chip: Chip, depth = 0): ChildNode[] {
  const lines = text.split('\n')
  const marks = lines.map((line) => (depth > DEEPEST && line.trim() ? 'words' : asSyntax(line)))
  const made: ChildNode[] = []
  let i = 0
  const isLast = () => isOpen && i >= lines.length - 1
  const auto = { dir: depth ? undefined : 'auto' }
  while (i < lines.length) {
    const line = marks[i] as string
    const fence = FENCE.exec(line)
    const heading = HEADING.exec(line)
    if (!line.trim()) i++
    else if (fence && !(isLast() && fence[1] === undefined)) made.push(code(fence))
    else if (heading) {
      made.push(make(`h${Math.min(6, (heading[1] as string).length + 2)}` as 'h3', auto, ...inline((heading[2] ?? '').trimEnd().replace(/(?:^|\s)#+$/, '').trim(), isLast(), chip)))
      i++
    } else if (RULE.test(line) && !isLast()) {
      made.push(make('hr'))
      i++
    } else if (/^\s*>/.test(line)) made.push(quote())
    else if (ITEM.test(line)) made.push(list())
    else if (ROW.test(line) && DELIMITER.test(marks[i + 1] ?? '') && i + 1 < lines.length - (isOpen ? 1 : 0)) made.push(table())
    else paragraph()
  }
  return made

  function code([, mark = '', language = '']: RegExpExecArray): HTMLElement {
    const content: string[] = []
    const end = new RegExp(`^\\s*${mark[0]}{${mark.length},}\\s*$`)
    const indent = /^\s*/.exec(lines[i] as string)?.[0].length ?? 0
    for (i++; i < lines.length && !end.test(marks[i] as string); i++) content.push((lines[i] as string).slice(0, indent).trimStart() + (lines[i] as string).slice(indent))
    // A closing mark on its way is no code.
    if (isOpen && i >= lines.length && /^\s*[`~]{1,2}$/.test(content.at(-1) ?? '')) content.pop()
    i++
    return make('pre', { tabindex: '0', dir: 'ltr', 'data-language': language || undefined }, make('code', {}, content.join('\n')))
  }

  function quote(): HTMLElement {
    const inner: string[] = []
    for (; i < lines.length && (lines[i] as string).trim(); i++) inner.push((lines[i] as string).replace(/^\s*> ?/, ''))
    return make('blockquote', auto, ...blocks(inner.join('\n'), isOpen && i >= lines.length, chip, depth + 1))
  }

  function list(): HTMLElement {
    const [, indent = '', number] = ITEM.exec(marks[i] as string) as RegExpExecArray
    const box = make(number ? 'ol' : 'ul', { ...auto, start: number && number !== '1' ? number : undefined })
    while (i < lines.length) {
      const item = ITEM.exec(marks[i] as string)
      if (!item || (item[1] as string).length > indent.length + 1 || Boolean(item[2]) !== Boolean(number)) break
      const inner = [item[3] as string]
      for (i++; i < lines.length; i++) {
        const next = lines[i] as string
        const isOurs = next.startsWith(`${indent}  `) || (!next.trim() && i + 1 < lines.length && (lines[i + 1] as string).startsWith(`${indent}  `))
        if (isOurs) inner.push(next.slice(indent.length + 2))
        else if (next.trim() && !ITEM.test(marks[i] as string) && !FENCE.test(marks[i] as string)) inner.push(next)
        else break
      }
      while (i < lines.length - 1 && !(lines[i] as string).trim() && ITEM.test(marks[i + 1] as string)) i++
      const isLastItem = isOpen && i >= lines.length
      inner[0] = task(inner[0] as string, isLastItem && inner.length === 1)
      const parts = blocks(inner.join('\n'), isLastItem, chip, depth + 1)
      // Items are set tightly: their first paragraph needs no element of its own.
      const [first] = parts
      if (first instanceof HTMLParagraphElement) parts.splice(0, 1, ...first.childNodes)
      box.append(make('li', {}, ...parts))
    }
    return box
  }

  function table(): HTMLElement {
    const head = make('tr', {}, ...cells(lines[i] as string).map((cell) => make('th', { scope: 'col' }, ...inline(cell, false, chip))))
    const body = make('tbody')
    for (i += 2; i < lines.length && ROW.test(lines[i] as string); i++) {
      if (isLast() && !(lines[i] as string).trimEnd().endsWith('|')) continue
      body.append(make('tr', {}, ...cells(lines[i] as string).map((cell) => make('td', {}, ...inline(cell, false, chip)))))
    }
    return make('div', { ...auto, class: 'table', tabindex: '0' }, make('table', {}, make('thead', {}, head), body))
  }

  function paragraph(): void {
    const inner: string[] = []
    for (; i < lines.length; i++) {
      const line = marks[i] as string
      if (inner.length && (!line.trim() || FENCE.test(line) || HEADING.test(line) || ITEM.test(line) || /^\s*>/.test(line))) break
      inner.push(lines[i] as string)
    }
    const isUndecided = isOpen && !lines.slice(i).some((line) => line.trim())
    // What may become a heading, a list, a rule, a fence or a table is not a paragraph yet.
    if (isUndecided && /^\s*(#{1,6}|[-*+_]+|\d{1,9}[.)]?|[`~]{1,2}|>)\s*$/.test(inner.at(-1) ?? '')) inner.pop()
    if (isUndecided && /^\s*\|/.test(inner[0] ?? '') && /^[\s|:-]*$/.test(inner.slice(1).join(''))) return
    if (inner.join('').trim()) made.push(make('p', auto, ...inline(inner.join('\n'), isUndecided, chip)))
  }
}

/** A list item's first line with its box drawn; half a box is not shown. */
function task(line: string, isOpen: boolean): string {
  if (isOpen && /^\[[ x]?\]?$/i.test(line)) return ''
  return line.replace(/^\[([ x])\](?= )/i, (_, tick: string) => (tick === ' ' ? '☐' : '☑'))
}

const cells = (line: string) => line.trim().replace(/^\||(?<!\\)\|$/g, '').split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'))

const INLINE = new RegExp(
  [
    '(?<escaped>\\\\[!-/:-@[-`{-~])',
    '(?<!`)(?<ticks>`+)(?!`)(?<code>[^]*?[^`])\\k<ticks>(?!`)',
    '!?\\[(?<label>[^\\]\\n]*)\\]\\((?<to>[^()\\s]*(?:\\([^()\\s]*\\)[^()\\s]*)*)(?:\\s+"[^"]*")?\\)',
    '\\[(?<n>\\d{1,3})\\](?!\\()',
    '(?<url>https?://[^\\s<>()]*(?:\\([^\\s<>()]*\\)[^\\s<>()]*)*[^\\s<>().,;:!?\'"*_`~\\]])',
    '(?<mark>\\*\\*\\*|\\*\\*|\\*|~~|(?<![\\p{L}\\p{N}_])__?|__?(?![\\p{L}\\p{N}_]))',
    '(?<hard> {2,}\\n|\\\\\\n)',
  ].join('|'),
  'gu',
)
const NAMES: Record<string, 'strong' | 'em' | 'del'> = { '**': 'strong', __: 'strong', '*': 'em', _: 'em', '~~': 'del' }

/** A line's words. Where it is still open, marks without a partner are taken as closed by what is to come. */
function inline(text: string, isOpen: boolean, chip: Chip): Node[] {
  if (text.length > LONGEST_LINE) return [...inline(text.slice(0, LONGEST_LINE), false, chip), document.createTextNode(text.slice(LONGEST_LINE))]
  const shown = isOpen ? decided(text) : text
  const root = document.createDocumentFragment()
  const open: { mark: string; element: HTMLElement }[] = []
  const say = (...nodes: (Node | string)[]) => (open.at(-1)?.element ?? root).append(...nodes)
  let at = 0
  for (const found of shown.matchAll(INLINE)) {
    const { escaped, code, label, to, n, url, mark, hard } = found.groups ?? {}
    say(shown.slice(at, found.index))
    at = found.index + found[0].length
    if (escaped) say(escaped.slice(1))
    else if (code) say(make('code', { dir: 'ltr' }, /^ .*\S.* $/s.test(code) ? code.slice(1, -1) : code))
    else if (to !== undefined) say(link(to, inline(label ?? '', false, () => undefined)))
    else if (n) say(chip(Number(n)) ?? found[0])
    else if (url) say(link(url, [url]))
    else if (hard) say(make('br'))
    else if (mark === '***') ['**', '*'].forEach((one) => toggle(one, found))
    else if (mark) toggle(mark, found)
  }
  say(shown.slice(at))
  if (!isOpen) for (const { mark, element } of open.reverse()) element.replaceWith(mark, ...element.childNodes)
  return [...root.childNodes]

  function toggle(mark: string, { index }: RegExpMatchArray): void {
    const before = shown[(index ?? 0) - 1] ?? ' '
    const after = shown[at] ?? (isOpen ? 'x' : ' ')
    const partner = open.findLastIndex((one) => one.mark === mark)
    if (partner >= 0 && /\S/.test(before)) {
      for (const { mark: other, element } of open.splice(partner).slice(1)) element.replaceWith(other, ...element.childNodes)
    } else if (/\S/.test(after) && open.length < DEEPEST) {
      const element = make(NAMES[mark] ?? 'em')
      say(element)
      open.push({ mark, element })
    } else say(mark)
  }
}

/** Without what may become syntax with the next letters: a run of marks, half a link, half an address. */
function decided(text: string): string {
  let shown = text.replace(/(?:[*_~]+|\\|`+|!)$/, '')
  const bracket = shown.lastIndexOf('[')
  if (bracket >= 0) {
    const rest = shown.slice(bracket)
    if (/^\[\d{0,3}\]?$/.test(rest)) shown = shown.slice(0, bracket)
    else {
      const half = /^\[([^\]\n]*)(?:\](?:\([^)\n]*)?)?$/.exec(rest)
      if (half) shown = shown.slice(0, bracket).replace(/!$/, '') + half[1]
    }
  }
  const ticks = shown.split('`').length - 1
  if (ticks % 2) shown += '`'
  return shown.endsWith('``') ? shown.slice(0, -2) : shown
}

/** Only to places that a browser shows; everything else is what it says. */
function link(to: string, words: (Node | string)[]): Node {
  const span = document.createDocumentFragment()
  if (/^(https?:|mailto:)/i.test(to)) span.append(make('a', { href: to, target: '_blank', rel: 'noopener noreferrer nofollow' }, ...words))
  else span.append(...words)
  return span
}
