/** Who the visitor is: a session of the server's, renewed while a page has it and replaced when it is over. */

import { nameIn, type Store } from './store.ts'

/** What the server gives (PROTOCOL.md §10.2). */
interface Session {
  visitor: string
  renewal: string
  expires_in: number
}

export class Visitor {
  readonly #address: string
  readonly #key: string
  readonly #store: Store
  /** Good for longer than what is kept: only the memory of this page has it. */
  #renewal: string | undefined
  #beginning: Promise<Response | undefined> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(baseUrl: string, key: string, store: Store) {
    this.#address = `${baseUrl}/v1/widget/session`
    this.#key = key
    this.#store = store
    // Whoever comes back after hours finds a session that is over, or nearly.
    document.addEventListener('visibilitychange', this.#look)
    if (store.isKept) this.prepare()
  }

  get name(): string {
    return nameIn(this.#store.token) ?? ''
  }

  /** For the client: requests with the visitor's token, and once more with another where that one is refused. */
  fetch: typeof fetch = async (address, init) => {
    for (let isSecond = false; ; isSecond = true) {
      const refusal = this.#store.secondsLeft > 0 && !isSecond ? undefined : await this.#begin()
      if (refusal) return refusal.clone()
      const headers = new Headers(init?.headers)
      headers.set('rivulet-visitor', this.#store.token)
      const response = await fetch(address, { ...init, headers })
      if (response.status !== 401 || isSecond) return response
    }
  }

  /** Sees to a fresh session before it is needed; whoever needs it is told what goes wrong. */
  prepare(): void {
    this.#begin().catch(() => undefined)
  }

  leave(): void {
    clearTimeout(this.#timer)
    document.removeEventListener('visibilitychange', this.#look)
  }

  /** Begins a session, or renews the one there is; gives what the server said when it refuses. */
  #begin(): Promise<Response | undefined> {
    this.#beginning ??= this.#ask().finally(() => (this.#beginning = undefined))
    return this.#beginning
  }

  async #ask(): Promise<Response | undefined> {
    const headers = { authorization: `Bearer ${this.#key}`, 'rivulet-visitor': this.#renewal ?? this.#store.token }
    const response = await fetch(this.#address, { method: 'POST', headers })
    if (!response.ok) return response
    const { visitor, renewal, expires_in: seconds } = (await response.json()) as Session
    this.#renewal = renewal
    this.#store.renew(visitor, seconds)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#look, seconds * 500)
    return undefined
  }

  /** Renews what is half over, so that the next page finds it good. */
  #look = (): void => {
    if (this.#store.isKept && this.#store.secondsLeft < HALF_S) this.prepare()
  }
}

/** Half of the quarter of an hour that a session is good for. */
const HALF_S = 451
