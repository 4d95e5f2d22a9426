/** An answer's text on the page while it grows. What can no longer change is settled and never read again, so that
 * a token costs the same in the first line and in the thousandth. */

import type { Token, Tokens } from 'marked'

import { OpenFence } from './fence.ts'
import { itemsOf, patchItems } from './items.ts'
import { lex } from './lexer.ts'
import { blockNode, type Setting } from './nodes.ts'
import { Pages } from './pages.ts'
import { patch } from './patch.ts'
import { names, References, type Settled } from './references.ts'
import { headOf, loosen, settledBlocks, settledPart } from './settled.ts'
import { shown } from './unfinished.ts'

interface Shown {
  raw: string
  /** What the lexer made of it: tabs, for one, depend on what comes next. */
  text: string | undefined
  node: Element | null
}

/** A list or table at the head of the tail, whose first items or rows are settled. */
interface Growing {
  type: string
  /** Where it begins. */
  start: number
  /** How many of its items or rows are settled. */
  count: number
  /** What the lexer must read before the rest: the head of a table. */
  head: string
  isLoose: boolean
}

/** Owns everything inside `root`. */
export class MarkdownView {
  #pages: Pages
  #setting: Setting
  #text = ''
  /** Everything before this offset is settled; so many blocks on the page are made from it. */
  #settled = 0
  #count = 0
  /** The blocks after it, as they are on the page. */
  #tail: Shown[] = []
  #growing: Growing | null = null
  #fence: OpenFence | null = null
  #references = new References()

  constructor(root: Element, setting: Setting) {
    this.#pages = new Pages(root)
    this.#setting = setting
  }

  /** Shows `text`, which goes on from what was shown before; a text that does not is shown from scratch. */
  update(text: string, isFinished: boolean): void {
    const unix = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
    // Not `startsWith`, which looks at one letter after the other: a fifth of what a token costs in a long answer.
    if (unix.slice(0, this.#text.length) !== this.#text) this.#clear()
    this.#text = unix
    if (isFinished) this.#conclude()
    if (this.#fence && !this.#grow(this.#fence, isFinished)) return
    const { tokens, decided } = this.#read(isFinished)
    this.#show(tokens)
    if (!isFinished) this.#settle(tokens, decided)
    else for (const { node } of this.#tail) if (node) this.#setting.enrich?.(node, true)
  }

  /** What was awaited and did not come reads as it was written. */
  #conclude(): void {
    if (this.#growing && names(this.#text.slice(this.#growing.start, this.#settled))) this.#release()
    for (const block of this.#references.linking) this.#showAgain(block, true)
    for (const shown of this.#tail) if (names(shown.raw)) shown.raw = ''
  }

  #clear(): void {
    this.#pages.clear()
    this.#settled = this.#count = 0
    this.#tail = []
    this.#growing = this.#fence = null
    this.#references = new References()
  }

  /** Whether the open fence is over. */
  #grow(fence: OpenFence, isFinished: boolean): boolean {
    fence.take(this.#text, isFinished)
    if (fence.end === null && !isFinished) return false
    this.#setting.enrich?.(fence.card, true)
    if (fence.end === null) return false
    this.#settled = fence.end
    this.#count += 1
    this.#tail = []
    this.#fence = null
    return true
  }

  /** The tokens of the tail, and before which offset of it they can be settled. */
  #read(isFinished: boolean): { tokens: Token[]; decided: number } {
    const source = this.#source
    const { text, decided } = isFinished ? { text: source, decided: source.length } : shown(source)
    const { tokens, links } = lex(text, this.#references.settled, !isFinished)
    const hasNews = this.#references.hasNews(links)
    if (this.#growing && (hasNews || !admits(this.#growing, tokens[0]))) {
      this.#release()
      return this.#read(isFinished)
    }
    if (hasNews) {
      for (const block of this.#references.update(links)) this.#showAgain(block, isFinished)
      for (const shown of this.#tail) shown.raw = ''
    }
    return { tokens, decided }
  }

  get #source(): string {
    return (this.#growing?.head ?? '') + this.#text.slice(this.#settled)
  }

  /** The growing block is read as a whole again: something has come that reaches what was settled in it. */
  #release(): void {
    if (!this.#growing) return
    this.#settled = this.#growing.start
    this.#growing = null
    for (const shown of this.#tail) shown.raw = ''
  }

  #showAgain(block: Settled, isFinished: boolean): void {
    const token = lex(block.raw, this.#references.all, !isFinished).tokens.find(({ type }) => type !== 'space')
    const next = token && blockNode(token, this.#setting)
    if (!next) return
    patch(block.node, next)
    this.#setting.enrich?.(block.node, true)
  }

  #show(tokens: readonly Token[]): void {
    if (this.#growing?.isLoose) loosen(tokens[0] as Tokens.List)
    tokens.forEach((token, i) => {
      const present = this.#tail[i]
      const { raw, text } = token as Tokens.Generic & { text?: string }
      if (present?.raw === raw && present.text === text) return
      const node = this.#nodeOf(token, present?.node ?? null, i === 0 ? this.#growing : null)
      this.#tail[i] = { raw, text, node }
      if (node && /\$|\\[([]/.test(raw)) this.#setting.enrich?.(node, false)
    })
    this.#tail.length = tokens.length
    this.#pages.place(this.#count, this.#tail.map(({ node }) => node).filter((node) => node !== null))
  }

  #nodeOf(token: Token, present: Element | null, growing: Growing | null): Element | null {
    const next = blockNode(token, this.#setting)
    if (!next || !present) return next
    if (!growing) return patch(present, next) as Element
    patchItems(present, next, growing.count)
    return present
  }

  #settle(tokens: Token[], decided: number): void {
    const count = settledBlocks(tokens, this.#source, decided)
    for (const token of tokens.splice(0, count)) this.#settleBlock(token)
    const last = this.#tail.at(-1)
    if (tokens.length === 1 && last?.node && tokens[0]?.type === 'code') {
      this.#fence = OpenFence.at(this.#text, this.#settled, last.node)
      this.#fence?.take(this.#text, false)
    } else {
      this.#settlePart(tokens[0])
    }
  }

  #settleBlock(token: Token): void {
    const { node = null } = this.#tail.shift() ?? {}
    const start = this.#growing?.start ?? this.#settled
    this.#settled += token.raw.length - (this.#growing?.head.length ?? 0)
    this.#growing = null
    this.#references.settle(token)
    if (!node) return
    this.#count += 1
    this.#references.watch({ raw: this.#text.slice(start, this.#settled), node })
    this.#setting.enrich?.(node, true)
  }

  /** The first items of a list, or rows of a table, are settled while it grows. */
  #settlePart(token: Token | undefined): void {
    const head = this.#growing?.head ?? (token ? headOf(token) : '')
    const part = settledPart(token, head.length)
    const node = this.#tail[0]?.node
    if (!token || !part || !node) return
    const { start = this.#settled, count = 0 } = this.#growing ?? {}
    const isLoose = token.type === 'list' && ((token as Tokens.List).loose || (this.#growing?.isLoose ?? false))
    if (token.type === 'list') for (const item of (token as Tokens.List).items.slice(0, part.count)) this.#references.settle(item)
    this.#settled += part.length + (this.#growing ? 0 : head.length)
    this.#growing = { type: token.type, start, count: count + part.count, head, isLoose }
    // The rest is shown already; it is another text for the lexer.
    this.#tail[0] = { raw: '', text: '', node }
    if (!this.#setting.enrich) return
    for (const item of itemsOf(node)?.slice(count, count + part.count) ?? []) this.#setting.enrich(item, true)
  }
}

/** Whether a list or table goes on as it began. A tight list that becomes loose does not. */
function admits(growing: Growing, token: Token | undefined): boolean {
  return token?.type === growing.type && (growing.isLoose || token.type !== 'list' || !(token as Tokens.List).loose)
}
