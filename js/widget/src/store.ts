/** What a browser keeps of a visitor from page to page; where storage is switched off, as long as the page lives. */

interface Kept {
  /** Unguessable: whoever has it is this visitor (PROTOCOL.md §10.2). */
  visitor: string
  chatId?: string | undefined
}

export class Store {
  readonly #name: string
  #kept: Kept

  constructor(key: string) {
    this.#name = `rivulet ${key}`
    const found = read(this.#name)
    this.#kept = typeof found?.visitor === 'string' ? found : { visitor: newVisitor() }
  }

  get visitor(): string {
    return this.#kept.visitor
  }

  get chatId(): string | undefined {
    return this.#kept.chatId
  }

  /** Kept from the first question on, so that a page that is only looked at leaves nothing behind. */
  keep(chatId: string | undefined): void {
    this.#kept = { ...this.#kept, chatId }
    try {
      localStorage.setItem(this.#name, JSON.stringify(this.#kept))
    } catch {
      // Storage may be switched off or full.
    }
  }
}

function read(name: string): Kept | undefined {
  try {
    return JSON.parse(localStorage.getItem(name) ?? 'null') ?? undefined
  } catch {
    return undefined
  }
}

function newVisitor(): string {
  return `vis_${Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
