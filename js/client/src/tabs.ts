/** One connection for all tabs of a browser: one tab follows for everybody (PROTOCOL.md §4.5). */

import type { Api, ClientOptions, OpenEvents } from './api.ts'
import type { Line } from './follow.ts'
import { Leader, type Refusal, type Told, type Wanted } from './leader.ts'

/** A leader that does not say in this time that it has heard is asleep, and another tab takes over. */
const PATIENCE_MS = 2000

/** Undefined outside of browsers and where Web Locks (which pages over plain HTTP have not) or BroadcastChannel are
 *  missing. Client and line are handed in, so that a page which fetches this file late fetches neither twice. */
export function joinTabs(options: ClientOptions, api: Api, newLine: () => Line): OpenEvents | undefined {
  if (typeof document === 'undefined' || typeof BroadcastChannel === 'undefined' || !navigator.locks) return undefined
  const tabs = new Map<string, Tab>()
  return async (id, after, signal) => {
    // Asked for each time: whoever signs in as somebody else follows with others from then on.
    const name = await nameOf(options)
    signal.throwIfAborted()
    for (const [other, tab] of tabs) if (other !== name && tab.close()) tabs.delete(other)
    const tab = tabs.get(name) ?? new Tab(name, api, newLine)
    tabs.set(name, tab)
    return tab.open(id, after, signal)
  }
}

/** What tabs share by. Any script of the page can read it, therefore no key is in it. */
async function nameOf({ baseUrl = '', key, headers, share }: ClientOptions): Promise<string> {
  const who = (typeof share === 'function' ? share() : share) || JSON.stringify([typeof key === 'function' ? key() : key, headers])
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(who))
  return ['rivulet', baseUrl, ...new Uint8Array(digest, 0, 12)].join(' ')
}

/** What one page follows, and its wish to lead. */
class Tab {
  readonly #name: string
  readonly #api: Api
  readonly #newLine: () => Line
  readonly #id = crypto.getRandomValues(new Uint32Array(2)).join('-')
  readonly #streams = new Set<Stream>()
  readonly #channel: BroadcastChannel
  #unheard: ReturnType<typeof setTimeout> | undefined
  #waiting: AbortController | undefined
  #resign = () => {}
  #isAlone = false
  /** In the back/forward cache a page has no lock and no connection; its streams are taken up when it returns. */
  readonly #rest = () => {
    this.#waiting?.abort()
    this.#resign()
    for (const stream of this.#streams) stream.refuse({ status: 0 })
  }

  constructor(name: string, api: Api, newLine: () => Line) {
    this.#name = name
    this.#api = api
    this.#newLine = newLine
    this.#channel = new BroadcastChannel(name)
    this.#channel.onmessage = ({ data }: MessageEvent<Wanted | Told>) => {
      if ('is' in data) this.#hear(data)
    }
    addEventListener('pagehide', this.#rest)
  }

  /** Leaves for good, unless something is followed here. */
  close(): boolean {
    if (this.#streams.size) return false
    this.#rest()
    removeEventListener('pagehide', this.#rest)
    this.#channel.close()
    return true
  }

  open(turn: string, after: string, signal: AbortSignal): Promise<Response> {
    if (this.#isAlone) return this.#api.stream(`turns/${encodeURIComponent(turn)}/events`, signal, after)
    const stream = new Stream(turn, Number.parseInt(after, 10) || 0, () => this.#leave(stream))
    this.#streams.add(stream)
    signal.addEventListener('abort', () => stream.refuse({ status: 0 }), { once: true })
    if (!this.#waiting) void this.#lead()
    this.#want(stream)
    return stream.answer
  }

  #leave(stream: Stream): void {
    if (!this.#streams.delete(stream)) return
    if (![...this.#streams].some(({ turn }) => turn === stream.turn)) this.#say({ leave: stream.turn, tab: this.#id })
  }

  #want({ turn, seq }: Stream): void {
    this.#say({ want: turn, after: seq, tab: this.#id })
    this.#unheard ??= setTimeout(() => {
      this.#unheard = undefined
      if (this.#streams.size) void this.#lead(true)
    }, PATIENCE_MS)
  }

  #say(words: Wanted): void {
    this.#channel.postMessage(words)
  }

  #hear(told: Told): void {
    if (told.is === 'heard') {
      if (told.tab !== this.#id) return
      clearTimeout(this.#unheard)
      this.#unheard = undefined
    } else if (told.is === 'frames') {
      const behind = new Set<Stream>()
      for (const frame of told.frames) for (const stream of this.#streams) if (!stream.take(...frame)) behind.add(stream)
      for (const stream of behind) this.#want(stream)
    } else {
      for (const stream of [...this.#streams]) {
        if (told.turns && !told.turns.includes(stream.turn)) continue
        if (told.is === 'leading') this.#want(stream)
        else if (told.is === 'beat') stream.beat()
        else if (told.is === 'opened') stream.open()
        else stream.refuse(told)
      }
    }
  }

  /** Leads as soon as the tab that does has gone, or at once by stealing from one that sleeps. */
  async #lead(steal = false): Promise<void> {
    this.#waiting?.abort()
    const waiting = (this.#waiting = new AbortController())
    let leader = undefined as Leader | undefined
    let isStolen = false
    try {
      await navigator.locks.request(this.#name, steal ? { steal } : { signal: waiting.signal }, () => {
        leader = new Leader(this.#name, this.#api, this.#newLine, { tab: this.#id, hear: (told) => this.#hear(told) })
        return new Promise<void>((resolve) => (this.#resign = resolve))
      })
    } catch {
      // Left while it waited; or stolen by a tab to which this one seemed asleep; or locks are forbidden here.
      isStolen = leader !== undefined
      this.#isAlone = !isStolen && !waiting.signal.aborted
      if (this.#isAlone) for (const stream of [...this.#streams]) stream.refuse({ status: 0 })
    }
    leader?.close()
    if (this.#waiting === waiting) this.#waiting = undefined
    if (isStolen && !this.#waiting) void this.#lead()
  }
}

/** One turn as one reader of this page gets it. Passes on what continues it and nothing else, so that whatever a
 *  leader repeats, and whichever tab leads, no event is lost or doubled. */
class Stream {
  readonly turn: string
  /** The last event passed on. */
  seq: number
  readonly answer: Promise<Response>
  #reply!: (response: Response) => void
  #fail!: (problem: Error) => void
  #body: ReadableStreamDefaultController<Uint8Array> | undefined
  #leave: () => void

  constructor(turn: string, seq: number, leave: () => void) {
    this.turn = turn
    this.seq = seq
    this.#leave = leave
    this.answer = new Promise((reply, fail) => {
      this.#reply = reply
      this.#fail = fail
    })
  }

  open(): void {
    if (this.#body) return
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => (this.#body = controller),
      cancel: () => this.#leave(),
    })
    this.#reply(new Response(body, { headers: { 'content-type': 'text/event-stream' } }))
  }

  /** False when something is missing before it. */
  take(turn: string, seq: number, event: string, data: string): boolean {
    if (turn !== this.turn || seq <= this.seq) return true
    if (seq > this.seq + 1) return false
    this.open()
    this.seq = seq
    this.#write(`id: ${seq}\nevent: ${event}\ndata: ${data}\n\n`)
    return true
  }

  beat(): void {
    this.#write(':\n')
  }

  /** Status 0 is a connection that was lost, or never there. */
  refuse({ status, body = '', headers = {} }: Refusal): void {
    this.#leave()
    const lost = new TypeError('The connection was lost.')
    if (this.#body) this.#body.error(lost)
    else if (status) this.#reply(new Response(status === 204 ? null : body, { status, headers }))
    else this.#fail(lost)
  }

  #write(text: string): void {
    this.#body?.enqueue(new TextEncoder().encode(text))
  }
}
