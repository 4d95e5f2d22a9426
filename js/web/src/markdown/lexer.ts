/** Markdown text → marked's block tokens. Raw HTML is not markup here: it is text like any other. */

import { Lexer, Tokenizer, type Token } from 'marked'

class PlainTokenizer extends Tokenizer {
  override html(): undefined {
    return undefined
  }

  override tag(): undefined {
    return undefined
  }
}

export function lex(text: string): Token[] {
  return new Lexer({ gfm: true, tokenizer: new PlainTokenizer() }).lex(text)
}
