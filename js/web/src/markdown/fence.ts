/** A code fence that is still open: what comes is appended to its card, and nothing of it is read again. */

import type { Token, Tokens } from 'marked'

import { CodeText } from './code-card.ts'

const OPENING = /^(`{3,}|~{3,})([^\n]*)\n/
const LONGEST_LINE = 1000
/** A longer one is nobody's, and no pattern to look for. */
const LONGEST_MARK = 100

export class OpenFence {
  readonly card: Element
  /** Where what follows the fence begins, once it is closed. */
  end: number | null = null
  #start: number
  /** Everything before this offset has been written. */
  #written: number
  #closing: RegExp
  /** A last line that may still close it. */
  #mayClose: RegExp
  #code: CodeText
  #isFinished = false

  /** The fence that begins at `start` and is shown by `card`; null when it is closed already, or indented: the
   * lexer takes its indentation off every line. */
  static at(text: string, start: number, card: Element): OpenFence | null {
    const [line = '', mark = '', info = ''] = OPENING.exec(text.slice(start, start + LONGEST_LINE)) ?? []
    if (!mark || mark.length > LONGEST_MARK || (mark.startsWith('`') && info.includes('`'))) return null
    const fence = new OpenFence(card, start + line.length, mark)
    return fence.#closing.test(`${text}\n`) ? null : fence
  }

  private constructor(card: Element, start: number, mark: string) {
    const code = card.querySelector('code') as Element
    this.card = card
    this.#start = start
    this.#written = start + (code.textContent ?? '').length
    this.#closing = new RegExp(`\\n {0,3}${mark}${mark[0]}* *(?=\\n)`, 'g')
    this.#closing.lastIndex = start - 1
    this.#mayClose = new RegExp(`^ {0,3}${mark[0]}* *$`)
    this.#code = new CodeText(code)
  }

  /** Writes what has come. */
  take(text: string, isFinished: boolean): void {
    if (this.#isFinished) this.#begin()
    this.#isFinished = isFinished
    // Every search begins at a line end that is not written yet: the one before a closing fence never is.
    this.#closing.lastIndex = Math.max(0, this.#written - 1)
    const close = this.#closing.exec(isFinished ? `${text}\n` : text)
    if (close) {
      this.#write(text, close.index)
      this.end = Math.min(text.length, close.index + close[0].length + 1)
    } else {
      this.#write(text, isFinished ? withoutLineEnd(text) : this.#settled(text))
    }
  }

  /** A text that was shown as finished and goes on after all is written again. */
  #begin(): void {
    this.#code.clear()
    this.#written = this.#start
  }

  #write(text: string, end: number): void {
    if (end <= this.#written) return
    this.#code.write(text.slice(this.#written, end))
    this.#written = end
  }

  /** Up to the last line, if that may be the closing fence, and without its line end. */
  #settled(text: string): number {
    const line = text.lastIndexOf('\n') + 1
    const isDecided = !this.#mayClose.test(text.slice(line, line + 400))
    return isDecided ? text.length : line - 1
  }
}

export function isFence(token: Token | undefined): token is Tokens.Code {
  return token?.type === 'code' && (token as Tokens.Code).codeBlockStyle !== 'indented'
}

/** Whether a fence ends with a line that closes it, as far as it has come. */
export function isClosed({ raw }: Tokens.Code): boolean {
  const mark = /^ {0,3}(`+|~+)/.exec(raw)?.[1] ?? ''
  return /\n {0,3}([`~]+) *\n*$/.exec(raw)?.[1]?.startsWith(mark) ?? false
}

const withoutLineEnd = (text: string) => (text.endsWith('\n') ? text.length - 1 : text.length)
