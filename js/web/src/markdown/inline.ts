/** Running text that stops anywhere, made whole: open emphasis and code are closed, open links become their words,
 * and a mark that could still mean several things waits. */

import { closedMath, inlineMath, OPEN } from './math.ts'

interface Opened {
  mark: string
  /** Where it ends in what was written. */
  end: number
}

export function closedInline(source: string): string {
  return isTooMuch(source) ? source : new Closer(source).close()
}

/** Marks cost the square of their number, and letters are all read again with every new one: a paragraph with more
 * of either is shown as it was written. It is no prose; what people read has a tenth of that. */
const MOST_MARKS = 800
const MOST_LETTERS = 16_000

export function isTooMuch(paragraph: string): boolean {
  if (paragraph.length <= MOST_MARKS) return false
  return paragraph.length > MOST_LETTERS || (paragraph.match(/[*_~`[\]!$<&\\|]/g)?.length ?? 0) > MOST_MARKS
}

class Closer {
  #source: string
  #at = 0
  #out = ''
  #opened: Opened[] = []

  constructor(source: string) {
    this.#source = source
  }

  close(): string {
    while (this.#at < this.#source.length) {
      if (!this.#step()) break
    }
    let text = this.#out.trimEnd()
    for (const { mark, end } of this.#opened.reverse()) {
      // An opener with nothing after it would be seen as what it is: it waits for its first word.
      if (end >= text.length) text = text.slice(0, end - mark.length).trimEnd()
      else text += mark
    }
    return text
  }

  /** Takes one piece of the source; false when the rest must wait. */
  #step(): boolean {
    const rest = this.#source.slice(this.#at)
    switch (rest[0]) {
      case '\\':
        return rest[1] === '(' ? this.#math(rest, 2) : rest.length > 1 && this.#take(2)
      case '$':
        return this.#math(rest, 1)
      case '`':
        return this.#code(rest)
      case '*':
      case '_':
      case '~':
        return this.#emphasis(rest)
      case '[':
        return this.#link(rest)
      case '!':
        return this.#image(rest)
      case '<':
        return !/^<(?:[a-zA-Z/][^\s<>]{0,200})?$/.test(rest) && this.#take(1)
      case '&':
        return !/^&#?\w{0,8}$/.test(rest) && this.#take(1)
      default:
        return this.#take(/^[^\\`*_~[!<&$]+/.exec(rest)?.[0].length ?? 1)
    }
  }

  #take(length: number): true {
    this.#out += this.#source.slice(this.#at, this.#at + length)
    this.#at += length
    return true
  }

  #code(rest: string): boolean {
    const mark = /^`+/.exec(rest)?.[0] ?? ''
    const close = new RegExp(`(?<!\`)${mark}(?!\`)`).exec(rest.slice(mark.length))
    if (close) return this.#take(2 * mark.length + close.index)
    const code = rest.slice(mark.length).replace(/`+$/, '')
    if (code.trim()) this.#out += mark + code + mark
    return false
  }

  /** A formula is shown as its source until it is closed. */
  #math(rest: string, markLength: number): boolean {
    const closed = inlineMath(rest)
    if (closed) return this.#take(closed.raw.length)
    const open = closedMath(rest)
    if (open === null) return this.#take(markLength)
    this.#out += open
    return false
  }

  #emphasis(rest: string): boolean {
    const mark = /^(\*+|_+|~+)/.exec(rest)?.[0] ?? ''
    const next = rest[mark.length]
    if (next === undefined) return false
    const { opens, closes } = flanks(mark, this.#source[this.#at - 1], next)
    let left = mark.length
    while (closes && left > 0) {
      const opener = this.#opened.findLastIndex((one) => one.mark[0] === mark[0] && one.mark.length <= left)
      if (opener < 0) break
      left -= this.#opened[opener]?.mark.length ?? 0
      this.#opened.splice(opener)
    }
    this.#take(mark.length - left)
    for (const piece of pieces(mark.slice(0, left))) {
      this.#take(piece.length)
      if (opens) this.#opened.push({ mark: piece, end: this.#out.length })
    }
    return true
  }

  #link(rest: string): boolean {
    const close = closing(rest, '[', ']')
    const words = rest.slice(1, close < 0 ? undefined : close)
    const isNumber = /^\^?\d{0,4}$/.test(words)
    if (close < 0) {
      this.#at += 1
      // Without the bracket its line might be empty, or begin with what makes a list.
      if (/(?:^|\n)[ \t]*$/.test(this.#out) && /^.[\s>#*+=|`~\d-]/.test(rest)) this.#out += OPEN
      return !isNumber
    }
    const after = rest[close + 1]
    if (after === '(') {
      const end = closing(rest.slice(close + 1), '(', ')')
      if (end >= 0) return this.#take(close + 1 + end + 1)
    } else if (after === '[' && !isNumber) {
      const end = closing(rest.slice(close + 1), '[', ']')
      if (end >= 0) return this.#take(close + 1 + end + 1)
    } else if (after !== undefined || isNumber || words.trim() === '' || words === 'x') {
      return this.#take(isNumber ? close + 1 : 1)
    }
    this.#out += closedInline(words)
    return false
  }

  /** An image is shown when its address is known, or not at all. */
  #image(rest: string): boolean {
    if (rest.length === 1) return false
    if (rest[1] !== '[') return this.#take(1)
    const close = closing(rest.slice(1), '[', ']') + 1
    if (close < 1 || rest[close + 1] === undefined) return false
    if (rest[close + 1] !== '(') return this.#take(2)
    const end = closing(rest.slice(close + 1), '(', ')')
    return end >= 0 && this.#take(close + 1 + end + 1)
  }
}

/** Where the bracket that `text` begins with is closed; -1 when it is not. */
function closing(text: string, open: string, close: string): number {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '\\') i += 1
    else if (char === open) depth += 1
    else if (char === close && --depth === 0) return i
  }
  return -1
}

/** `***` is emphasis around strong; `~~` is one mark. */
function pieces(mark: string): string[] {
  if (!mark) return []
  if (mark[0] === '~') return [mark]
  const pairs = mark.slice(mark.length % 2).match(/../g) ?? []
  return mark.length % 2 ? [mark.slice(0, 1), ...pairs] : pairs
}

const isSpace = (char: string | undefined) => char === undefined || /\s/.test(char)
const isPunctuation = (char: string | undefined) => char !== undefined && /[\p{P}\p{S}]/u.test(char)

/** CommonMark's left- and right-flanking delimiter runs. */
function flanks(mark: string, before: string | undefined, after: string | undefined) {
  const left = !isSpace(after) && (!isPunctuation(after) || isSpace(before) || isPunctuation(before))
  const right = !isSpace(before) && (!isPunctuation(before) || isSpace(after) || isPunctuation(after))
  if (mark[0] === '~') return { opens: mark.length <= 2 && !isSpace(after), closes: mark.length <= 2 && !isSpace(before) }
  if (mark[0] === '*') return { opens: left, closes: right }
  return { opens: left && (!right || isPunctuation(before)), closes: right && (!left || isPunctuation(after)) }
}
