/** Server-sent events as WHATWG HTML §9.2.6 reads them: fed text cut anywhere, gives whole messages. */

export interface Message {
  id: string
  event: string
  data: string
}

/** Text in, messages out. What the stream leaves unfinished at its end is never given out. */
export class Parser {
  #id = ''
  #event = ''
  #data: string[] = []
  #line = ''
  #afterReturn = false

  /** `text` is decoded: a byte order mark is the decoder's business. */
  feed(text: string): Message[] {
    const messages: Message[] = []
    const ends = /\r\n?|\n/g
    if (this.#afterReturn && text[0] === '\n') ends.lastIndex = 1
    let start = ends.lastIndex
    for (let end = ends.exec(text); end; end = ends.exec(text)) {
      const message = this.#take(this.#line + text.slice(start, end.index))
      if (message) messages.push(message)
      this.#line = ''
      start = ends.lastIndex
    }
    this.#line += text.slice(start)
    if (text) this.#afterReturn = text.endsWith('\r')
    return messages
  }

  #take(line: string): Message | undefined {
    if (!line) return this.#dispatch()
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1))
    if (name === 'data') this.#data.push(value)
    else if (name === 'event') this.#event = value
    else if (name === 'id' && !value.includes('\0')) this.#id = value
    return undefined
  }

  #dispatch(): Message | undefined {
    const message = { id: this.#id, event: this.#event || 'message', data: this.#data.join('\n') }
    const isEmpty = this.#data.length === 0
    this.#event = ''
    this.#data = []
    return isEmpty ? undefined : message
  }
}
