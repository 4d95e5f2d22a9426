/** Requests: how an address, a key and a body become a record, or a `ChatError`. */

import { Line, pause } from './follow.ts'
import { errorOf, lost, recordOf, type ChatError } from './error.ts'
import type { TurnState } from './fold.ts'
import type { StopReceipt } from './turn.ts'

export interface ClientOptions {
  /** Where the server is; an empty string is the page's own origin. */
  baseUrl?: string
  /** The server's key, or a function that knows it at the time of each request. */
  key?: string | (() => string | undefined)
  fetch?: typeof fetch
  /** Further headers of every request. */
  headers?: Record<string, string>
  /** Whose tabs follow over one connection: those that say the same name. By default those with the same server,
   *  key and headers, but none where `fetch` is the page's own, which may know more of users. `false` shares none. */
  share?: string | (() => string) | false | undefined
  /** How events are fetched when in neither way: over the shared connection, or by one request a turn. */
  events?: OpenEvents | undefined
}

/** One request for a turn's events after a cursor. */
export type OpenEvents = (id: string, after: string, signal: AbortSignal) => Promise<Response>

export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  json?: unknown
  body?: FormData
  headers?: Record<string, string>
  signal?: AbortSignal | undefined
  /** How often to ask in all when no answer comes; more than once only for what may be repeated. */
  attempts?: number
}

const pathOf = (id: string) => `turns/${encodeURIComponent(id)}`

/** The server's door. Knows addresses, not turns. */
export class Api {
  #options: ClientOptions
  #open: OpenEvents | Promise<OpenEvents | undefined> | undefined

  constructor(options: ClientOptions) {
    this.#options = options
    const { events, share, fetch } = options
    this.#open = events
    // Only browsers fetch what only browsers need.
    if (events || typeof document === 'undefined' || !(share ?? !fetch)) return
    this.#open = import('./tabs.ts').then(({ joinTabs }) => joinTabs(options, this, () => new Line()), () => undefined)
  }

  turn(id: string, signal?: AbortSignal): Promise<TurnState> {
    return this.json(pathOf(id), { signal })
  }

  /** Stopping is a verb that may be repeated, so a lost answer is no reason to leave a turn running. */
  stop(id: string): Promise<StopReceipt> {
    return this.json(`${pathOf(id)}/stop`, { method: 'POST', attempts: 4 })
  }

  async events(id: string, after: string, signal: AbortSignal): Promise<Response> {
    const open = await this.#open
    return open ? open(id, after, signal) : this.stream(`${pathOf(id)}/events`, signal, after)
  }

  /** The response, whatever it is. */
  stream(path: string, signal: AbortSignal, after = ''): Promise<Response> {
    return this.#fetch(path, { headers: { accept: 'text/event-stream', ...(after && { 'last-event-id': after }) }, signal })
  }

  async json<Body>(path: string, call: Call = {}): Promise<Body> {
    const response = await this.answer(path, call)
    return response.status === 204 ? (undefined as Body) : recordOf(response)
  }

  /** The response, when it is a good one. */
  async answer(path: string, call: Call): Promise<Response> {
    const { method = 'GET', json, signal, attempts = 1 } = call
    const headers = { ...call.headers }
    let body: BodyInit | null = call.body ?? null
    if (json !== undefined) {
      headers['content-type'] = 'application/json'
      body = JSON.stringify(json)
    }
    for (let attempt = 1; ; attempt++) {
      let problem: ChatError
      try {
        const response = await this.#fetch(path, { method, headers, body, signal: signal ?? null })
        if (response.ok) return response
        problem = await errorOf(response)
      } catch (cause) {
        problem = lost(cause)
      }
      signal?.throwIfAborted()
      if (attempt >= attempts || (problem.status && problem.status < 502)) throw problem
      await pause(250 * 2 ** attempt, signal)
      signal?.throwIfAborted()
    }
  }

  #fetch(path: string, init: RequestInit & { headers: Record<string, string> }): Promise<Response> {
    const { baseUrl = '', key, fetch: send = fetch, headers } = this.#options
    const bearer = typeof key === 'function' ? key() : key
    Object.assign(init.headers, headers)
    if (bearer) init.headers['authorization'] = `Bearer ${bearer}`
    return send(`${baseUrl}/v1/${path}`, init)
  }
}
