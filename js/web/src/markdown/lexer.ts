/** Markdown text → marked's block tokens. Raw HTML is not markup here: it is text like any other. */

import { Lexer, Tokenizer, type MarkedOptions, type Token, type Tokens } from 'marked'

import { isTooMuch } from './inline.ts'
import { blockMath, growingMath, inlineMath, maskedMath, nextBlockMath, nextInlineMath } from './math.ts'

/** Where the labels of reference links lead. */
export type Links = Record<string, { href: string | null; title: string | null }>

export interface Lexed {
  tokens: Token[]
  /** What was known before and what this text defines. */
  links: Links
}

/** Lists and quotes inside one another deeper than this are nobody's text, and cost time with every level. */
const DEEPEST = 20
const DEEP_LINE = new RegExp(`^(?:[ \\t]*(?:>|(?:[-*+]|\\d{1,9}[.)])[ \\t])){${DEEPEST}}`)
/** Letters of a table's head: a screen is never as wide. */
const LONGEST_HEAD = 4000

class PlainTokenizer extends Tokenizer {
  #depth = 0

  override html(): undefined {
    return undefined
  }

  override tag(): undefined {
    return undefined
  }

  /** Of a link whose definition may still come, the words are shown. Two marks of sources side by side are none. */
  override reflink(...[src, links]: Parameters<Tokenizer['reflink']>): ReturnType<Tokenizer['reflink']> {
    const found = super.reflink(src, links)
    const isOpen = found?.type === 'text' && (this.lexer as unknown as PlainLexer).isGrowing
    const [, words = '', label] = (isOpen && AWAITED.exec(src)) || []
    if (!words || MARK.test(label || words)) return found
    const name = (label || words).replace(/\s+/g, ' ').toLowerCase()
    return super.reflink(src, { [name]: { href: '', title: null } })
  }

  override list(src: string): Tokens.List | undefined {
    return this.#inside(src, () => super.list(src))
  }

  override blockquote(src: string): Tokens.Blockquote | undefined {
    return this.#inside(src, () => super.blockquote(src))
  }

  override table(src: string): Tokens.Table | undefined {
    const head = src.indexOf('\n')
    return head > LONGEST_HEAD ? undefined : super.table(src)
  }

  #inside<T>(src: string, read: () => T | undefined): T | undefined {
    if (this.#depth >= DEEPEST || DEEP_LINE.test(src)) return undefined
    this.#depth += 1
    try {
      return read()
    } finally {
      this.#depth -= 1
    }
  }
}

/** `[words][label]` and `[label][]`, of images too. */
const AWAITED = /^!?\[((?:\\[^]|[^[\]\\])*)\]\[((?:\\[^]|[^[\]\\])*)\]/
const MARK = /^\d{1,4}$/

class PlainLexer extends Lexer {
  /** Whether more text may come. */
  isGrowing = false

  override inlineTokens(src: string, tokens: Token[] = []): Token[] {
    if (!isTooMuch(src)) return super.inlineTokens(src, tokens)
    tokens.push({ type: 'plain', raw: src })
    return tokens
  }
}

export function lex(text: string, known: Links = {}, isGrowing = false): Lexed {
  try {
    const lexer = new PlainLexer(OPTIONS)
    lexer.isGrowing = isGrowing
    Object.assign(lexer.tokens.links, known)
    const tokens = lexer.lex(text)
    return { tokens, links: lexer.tokens.links as Links }
  } catch (problem) {
    // Emphasis nested by the thousand overflows the stack; what was written is shown all the same.
    if (!(problem instanceof RangeError)) throw problem
    return { tokens: [{ type: 'plain', raw: text }], links: known }
  }
}

interface LastBlock {
  /** Where it begins. */
  start: number
  /** Where what may still become one block with it begins. */
  decided: number
  /** The innermost block at its end. */
  leaf: Token | undefined
}

export function lastBlock(text: string): LastBlock {
  const tokens = blocksOf(text)
  while (tokens.at(-1)?.type === 'space') tokens.pop()
  const last = tokens.at(-1)
  const before = tokens.at(-2)
  const end = tokens.reduce((length, { raw }) => length + raw.length, 0)
  const start = end - (last?.raw.length ?? 0)
  // A formula that is not closed after all, or not alone on its line, goes on with the paragraph above it.
  const isOne = last?.type === 'math' && before?.type === 'paragraph'
  return { start, decided: isOne ? start - before.raw.length : start, leaf: leafOf(last) }
}

function blocksOf(text: string): Token[] {
  try {
    // Without the words inside the blocks, which are most of the work.
    return new PlainLexer(GROWING).blockTokens(text, [])
  } catch (problem) {
    if (!(problem instanceof RangeError)) throw problem
    return []
  }
}

function leafOf(token: Token | undefined): Token | undefined {
  if (token?.type === 'list') return leafOf((token as Tokens.List).items.at(-1))
  const isContainer = token?.type === 'list_item' || token?.type === 'blockquote'
  return isContainer ? leafOf((token as Tokens.Generic).tokens?.at(-1)) : token
}

/** The form of a label in which a link meets its definition. */
export function normalLabel(label: string): string {
  return label.trim().replace(/\s+/g, ' ').toLowerCase().toUpperCase().toLowerCase()
}

const OPTIONS: MarkedOptions = {
  gfm: true,
  tokenizer: new PlainTokenizer(),
  extensions: {
    block: [blockMath],
    inline: [inlineMath],
    startBlock: [nextBlockMath],
    startInline: [nextInlineMath],
    childTokens: {},
    renderers: {},
  },
  hooks: { emStrongMask: maskedMath } as unknown as NonNullable<MarkedOptions['hooks']>,
}

const GROWING: MarkedOptions = { ...OPTIONS, extensions: { ...OPTIONS.extensions, block: [growingMath] } as NonNullable<MarkedOptions['extensions']> }
