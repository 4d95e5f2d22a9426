/** What the next page of this tab must know: whether the chat was open, and whether an answer is on its way. */

export class Session {
  readonly #key: string

  constructor(key: string) {
    this.#key = key
  }

  set isOpen(is: boolean) {
    this.#keep('open', is)
  }

  set isAwaited(is: boolean) {
    this.#keep('awaited', is)
  }

  #keep(name: string, is: boolean): void {
    try {
      const place = `rivulet ${name} ${this.#key}`
      if (is) sessionStorage.setItem(place, '1')
      else sessionStorage.removeItem(place)
    } catch {
      // Storage may be switched off.
    }
  }
}

/** Whether the page before said so. */
export function was(name: 'open' | 'awaited', key: string): boolean {
  try {
    return sessionStorage.getItem(`rivulet ${name} ${key}`) === '1'
  } catch {
    return false
  }
}
