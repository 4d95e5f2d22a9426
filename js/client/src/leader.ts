/** The tab that follows for all others: one connection with every turn that somebody wants. */

import type { Api } from './api.ts'
import type { Line } from './follow.ts'
import type { Message } from './sse.ts'

/** What tabs say. */
export type Wanted = { want: string; after: number; tab: string } | { want?: never; leave: string; tab: string }

/** What the leader says: that there is one, whom it has heard, what comes, and what does not. */
export type Told =
  | { is: 'leading'; turns?: never }
  | { is: 'beat'; turns?: never }
  | { is: 'heard'; tab: string }
  | { is: 'frames'; frames: Frame[] }
  | { is: 'opened'; turns: string[] }
  | ({ is: 'refused'; turns?: string[] } & Refusal)

/** What a tab makes a response of; status 0 is a lost connection. */
export interface Refusal {
  status: number
  body?: string
  headers?: Record<string, string>
}

/** A turn, its event's number and type, and the event as JSON. */
export type Frame = [turn: string, seq: number, event: string, data: string]

/** The page that the leader lives in. */
export interface Host {
  tab: string
  hear: (told: Told) => void
}

export class Leader {
  readonly #api: Api
  readonly #newLine: () => Line
  readonly #host: Host
  readonly #channel: BroadcastChannel
  /** The last event that each tab has of each turn it wants. */
  readonly #wanted = new Map<string, Map<string, number>>()
  /** The last event of each turn of the present connection. */
  #reached = new Map<string, number>()
  /** Turns that other tabs have wanted: their events go to everybody, so that none overtakes another. */
  readonly #shared = new Set<string>()
  #line: Line | undefined
  #isOpen = false
  #isAsked = false

  constructor(name: string, api: Api, newLine: () => Line, host: Host) {
    this.#api = api
    this.#newLine = newLine
    this.#host = host
    this.#channel = new BroadcastChannel(name)
    this.#channel.onmessage = ({ data }: MessageEvent<Wanted | Told>) => {
      if (!('is' in data)) this.#hear(data)
    }
    this.#say({ is: 'leading' })
  }

  close(): void {
    this.#wanted.clear()
    this.#line?.close()
    this.#channel.close()
  }

  #say(told: Told): void {
    this.#channel.postMessage(told)
  }

  #hear(words: Wanted): void {
    if (words.want === undefined) {
      this.#forget(words.leave, words.tab)
      return
    }
    const { want: turn, after, tab } = words
    this.#say({ is: 'heard', tab })
    const tabs = this.#wanted.get(turn) ?? new Map<string, number>()
    if (tab !== this.#host.tab) this.#shared.add(turn)
    // Where a tab follows a turn twice, the one that has less of it counts.
    this.#wanted.set(turn, tabs.set(tab, Math.min(after, tabs.get(tab) ?? after)))
    // Somebody asks again for what should be coming: perhaps the line is dead and nobody has noticed.
    this.#line?.check()
    if (!this.#line || (this.#reached.get(turn) ?? Infinity) > after) this.#ask()
    else if (this.#isOpen) this.#say({ is: 'opened', turns: [turn] })
  }

  #forget(turn: string, tab: string): void {
    const tabs = this.#wanted.get(turn)
    if (!tabs?.delete(tab) || tabs.size) return
    this.#wanted.delete(turn)
    if (this.#wanted.size) return
    this.#line?.close()
    this.#line = undefined
  }

  /** Connects when everybody who is speaking now has spoken. A message does that; a hidden page's timers are slow. */
  #ask(): void {
    if (this.#isAsked) return
    this.#isAsked = true
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      this.#isAsked = false
      if (this.#wanted.size) void this.#connect()
    }
    port2.postMessage(0)
  }

  async #connect(): Promise<void> {
    this.#line?.close()
    const line = (this.#line = this.#newLine())
    this.#isOpen = false
    this.#reached = new Map([...this.#wanted].map(([turn, tabs]) => [turn, Math.min(...tabs.values())]))
    const turns = [...this.#reached.keys()]
    let refusal: Refusal = { status: 0 }
    try {
      const query = new URLSearchParams([...this.#reached].map(([turn, seq]) => ['turn', seq ? `${turn}/${seq}` : turn]))
      const response = await this.#api.stream(`events?${query}`, line.signal)
      if (this.#line !== line) return
      if (response.ok && response.headers.get('content-type')?.startsWith('text/event-stream')) {
        this.#isOpen = true
        this.#say({ is: 'opened', turns })
        for await (const messages of line.read(response)) if (this.#line === line) this.#relay(messages)
      } else {
        const headers = Object.fromEntries(['content-type', 'retry-after', 'x-request-id'].flatMap((name) => {
          const value = response.headers.get(name)
          return value ? [[name, value]] : []
        }))
        refusal = { status: response.status, body: await response.text(), headers }
      }
    } catch {
      // Lost, silent, or closed by nobody's wanting it any more.
    }
    if (this.#line !== line) return
    line.close()
    this.#line = undefined
    if (this.#wanted.size) this.#say({ is: 'refused', ...refusal })
    this.#wanted.clear()
  }

  #relay(messages: Message[]): void {
    let frames: Frame[] = []
    const told = () => {
      // What only this page follows need not go through the browser and back.
      const ours = frames.filter(([turn]) => !this.#shared.has(turn))
      const others = frames.filter(([turn]) => this.#shared.has(turn))
      if (ours.length) this.#host.hear({ is: 'frames', frames: ours })
      if (others.length) this.#say({ is: 'frames', frames: others })
      frames = []
    }
    for (const { id, event, data } of messages) {
      const [turn, number] = id.split('/') as [string, string?]
      const seq = Number(number)
      if (event === 'follow.ended') {
        told()
        this.#ended(JSON.parse(data) as Ended)
      } else if (this.#isNext(turn, seq)) {
        frames.push([turn, seq, event, data])
        const tabs = this.#wanted.get(turn)
        // A tab that has less takes nothing of this, and is still to get what it lacks.
        for (const [tab, had] of tabs ?? []) if (had === seq - 1) tabs?.set(tab, seq)
        if (event === 'turn.finished') this.#wanted.delete(turn)
      } else if (seq > (this.#reached.get(turn) ?? Infinity)) {
        told()
        this.#lost(turn)
      }
    }
    if (frames.length) told()
    else this.#say({ is: 'beat' })
  }

  #isNext(turn: string, seq: number): boolean {
    const isNext = seq - 1 === this.#reached.get(turn)
    if (isNext) this.#reached.set(turn, seq)
    return isNext
  }

  /** After a gap nothing more of the turn is passed on: whoever wants it asks again for what follows the last event
   *  they have, and waits a little longer each time that it does not come. */
  #lost(turn: string): void {
    this.#reached.delete(turn)
    this.#wanted.delete(turn)
    this.#say({ is: 'refused', status: 0, turns: [turn] })
  }

  #ended({ turn_id: turn, error }: Ended): void {
    this.#wanted.delete(turn)
    const body = JSON.stringify({ error })
    this.#say({ is: 'refused', turns: [turn], ...(error ? { status: error.status, body } : { status: 204 }) })
  }
}

/** A turn of which nothing more comes on this connection. */
interface Ended {
  turn_id: string
  error?: { code: string; message: string; status: number }
}
