/** What a browser keeps of a visitor from page to page; where storage is switched off, as long as the page lives. */

interface Kept {
  /** Whoever has it is this visitor, for a quarter of an hour (PROTOCOL.md §10.2). */
  token: string
  /** Until when, by this browser's clock. */
  until: number
  chatId?: string | undefined
}

const NOBODY: Kept = { token: '', until: 0 }

export class Store {
  readonly #name: string
  #kept: Kept
  /** Whether there is a conversation to come back to. */
  isKept: boolean

  constructor(key: string) {
    this.#name = `rivulet ${key}`
    this.#kept = this.#read() ?? NOBODY
    this.isKept = this.#kept !== NOBODY
  }

  /** This page's own; the one that another tab has begun meanwhile, while this page has none. */
  get token(): string {
    if (!this.#kept.token) this.#kept = { ...this.#kept, ...this.#read(), chatId: this.#kept.chatId }
    return this.#kept.token
  }

  get secondsLeft(): number {
    return this.token ? (this.#kept.until - Date.now()) / 1000 : 0
  }

  get chatId(): string | undefined {
    return this.#kept.chatId
  }

  renew(token: string, seconds: number): void {
    this.#kept = { ...this.#kept, token, until: Date.now() + seconds * 1000 }
    const there = this.#read()
    // Another tab may have gone on to another chat, or as somebody else.
    if (this.isKept && (!there || nameIn(there.token) === nameIn(token))) this.#write({ ...this.#kept, ...(there && { chatId: there.chatId }) })
  }

  /** Kept from the first question on, so that a page that is only looked at leaves nothing behind. */
  keep(chatId: string | undefined): void {
    this.#kept = { ...this.#kept, chatId }
    this.isKept = true
    this.#write(this.#kept)
  }

  #write(kept: Kept): void {
    try {
      localStorage.setItem(this.#name, JSON.stringify(kept))
    } catch {
      // Storage may be switched off or full.
    }
  }

  /** What is over is good for nothing, and does not stay. */
  #read(): Kept | undefined {
    try {
      const found = JSON.parse(localStorage.getItem(this.#name) ?? 'null') as Kept | null
      if (found && found.until > Date.now()) return found
      localStorage.removeItem(this.#name)
    } catch {
      // Switched off, or written by somebody else.
    }
    return undefined
  }
}

/** The part of a token that stays the same when it is renewed. */
export function nameIn(token: string): string | undefined {
  return token.split('.')[1]
}
