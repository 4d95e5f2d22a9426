/** An answer's text on the page while it grows. Blocks that can no longer change are frozen, so that a token
 * costs the same in the first line and in the thousandth. */

import type { Token } from 'marked'

import { lex } from './lexer.ts'
import { blockNode, type Setting } from './nodes.ts'
import { patch } from './patch.ts'
import { shown } from './unfinished.ts'

interface Shown {
  raw: string
  node: Element | null
}

/** Owns everything inside `root`. */
export class MarkdownView {
  #root: Element
  #setting: Setting
  #text = ''
  /** Everything before this offset is frozen. */
  #frozen = 0
  /** The blocks after it, as they are on the page. */
  #tail: Shown[] = []

  constructor(root: Element, setting: Setting) {
    this.#root = root
    this.#setting = setting
  }

  /** Shows `text`, which goes on from what was shown before; a text that does not is shown from scratch. */
  update(text: string, isFinished: boolean): void {
    const unix = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
    if (!unix.startsWith(this.#text)) this.#clear()
    this.#text = unix
    const tail = unix.slice(this.#frozen)
    const tokens = lex(isFinished ? tail : shown(tail))
    this.#show(tokens)
    if (!isFinished) this.#freeze(tokens)
  }

  #clear(): void {
    this.#root.replaceChildren()
    this.#frozen = 0
    this.#tail = []
  }

  #show(tokens: readonly Token[]): void {
    tokens.forEach((token, i) => {
      const present = this.#tail[i]
      if (present?.raw === token.raw) return
      this.#tail[i] = { raw: token.raw, node: this.#place(present?.node ?? null, token, i) }
    })
    for (const { node } of this.#tail.splice(tokens.length)) node?.remove()
  }

  #place(present: Element | null, token: Token, index: number): Element | null {
    const next = blockNode(token, this.#setting)
    if (!next) present?.remove()
    else if (present) return patch(present, next) as Element
    else this.#root.insertBefore(next, this.#nodeAfter(index))
    return next
  }

  #nodeAfter(index: number): Element | null {
    return this.#tail.slice(index + 1).find(({ node }) => node)?.node ?? null
  }

  /** A block that ends in a blank line and has two more after it is settled: nothing that comes can reach it. */
  #freeze(tokens: readonly Token[]): void {
    let later = 0
    let count = tokens.length
    while (count > 0 && !(later >= 2 && endsBlank(tokens[count - 1]))) {
      if (tokens[--count]?.type !== 'space') later += 1
    }
    for (const token of tokens.slice(0, count)) this.#frozen += token.raw.length
    this.#tail.splice(0, count)
  }
}

function endsBlank(token: Token | undefined): boolean {
  return token !== undefined && /\n[ \t]*\n[ \t]*$/.test(token.raw.slice(-200))
}
