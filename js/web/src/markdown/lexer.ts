/** Markdown text → marked's block tokens. Raw HTML is not markup here: it is text like any other. */

import { Lexer, Tokenizer, type MarkedOptions, type Token } from 'marked'

import { blockMath, inlineMath, maskedMath, nextBlockMath, nextInlineMath } from './math.ts'

/** Where the labels of reference links lead. */
export type Links = Record<string, { href: string | null; title: string | null }>

export interface Lexed {
  tokens: Token[]
  /** What was known before and what this text defines. */
  links: Links
}

class PlainTokenizer extends Tokenizer {
  override html(): undefined {
    return undefined
  }

  override tag(): undefined {
    return undefined
  }
}

/** Lists and quotes inside one another deeper than this are nobody's text, and cost time with every level. */
const DEEPEST = 40

export function lex(text: string, known: Links = {}): Lexed {
  if (isTooDeep(text)) return plain(text, known)
  try {
    const lexer = new Lexer(OPTIONS)
    Object.assign(lexer.tokens.links, known)
    const tokens = lexer.lex(text)
    return { tokens, links: lexer.tokens.links as Links }
  } catch (problem) {
    // Emphasis nested by the thousand overflows the stack; what was written is shown all the same.
    if (!(problem instanceof RangeError)) throw problem
    return plain(text, known)
  }
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

function plain(text: string, links: Links): Lexed {
  return { tokens: [{ type: 'plain', raw: text }], links }
}

function isTooDeep(text: string): boolean {
  return MARKS.test(text)
}

const MARKS = new RegExp(`^(?:[ \\t]*(?:>|[-*+][ \\t]|\\d{1,9}[.)][ \\t])){${DEEPEST},}`, 'm')
