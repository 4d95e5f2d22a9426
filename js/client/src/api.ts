/** Requests: how an address, a key and a body become a record, or a `ChatError`. */

import { ChatError, errorOf, recordOf } from './error.ts'
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
  /** How events are fetched when not by one request a turn; see `@rivulet/client/shared`. */
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

const pathOf = (id: string) => encodeURIComponent(id)

/** The server's door. Knows addresses, not turns. */
export class Api {
  #options: ClientOptions

  constructor(options: ClientOptions) {
    this.#options = options
  }

  turn(id: string, signal?: AbortSignal): Promise<TurnState> {
    return this.json(`turns/${pathOf(id)}`, { signal })
  }

  /** Stopping is a verb that may be repeated, so a lost answer is no reason to leave a turn running. */
  stop(id: string): Promise<StopReceipt> {
    return this.json(`turns/${pathOf(id)}/stop`, { method: 'POST', attempts: 4 })
  }

  events(id: string, after: string, signal: AbortSignal): Promise<Response> {
    const { events } = this.#options
    return events ? events(id, after, signal) : this.stream(`turns/${pathOf(id)}/events`, signal, after)
  }

  /** The response, whatever it is. */
  stream(path: string, signal: AbortSignal, after = ''): Promise<Response> {
    const headers: Record<string, string> = { accept: 'text/event-stream' }
    if (after) headers['last-event-id'] = after
    return this.#fetch(path, { headers, signal })
  }

  async json<Body>(path: string, call: Call = {}): Promise<Body> {
    const response = await this.answer(path, call)
    return response.status === 204 ? (undefined as Body) : recordOf(response)
  }

  /** The response, when it is a good one. */
  async answer(path: string, call: Call): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const problem = await this.#try(path, call)
      if (problem instanceof Response) return problem
      if (attempt >= (call.attempts ?? 1) || !(problem.status === 0 || problem.status >= 502)) throw problem
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** (attempt - 1)))
      call.signal?.throwIfAborted()
    }
  }

  async #try(path: string, call: Call): Promise<Response | ChatError> {
    const { method = 'GET', json, signal = null } = call
    const headers = { ...call.headers }
    if (json !== undefined) headers['content-type'] = 'application/json'
    const body = json === undefined ? (call.body ?? null) : JSON.stringify(json)
    try {
      const response = await this.#fetch(path, { method, headers, body, signal })
      return response.ok ? response : await errorOf(response)
    } catch (cause) {
      signal?.throwIfAborted()
      return new ChatError('network', 'The server cannot be reached.', { retryable: true, cause })
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
