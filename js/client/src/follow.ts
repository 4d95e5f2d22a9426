/** Following a turn: one endless stream of events made of as many connections as it takes (PROTOCOL.md §4). */

import { ChatError, errorOf } from './error.ts'
import { isKnown, type TurnEvent } from './events.ts'
import { Parser } from './sse.ts'
import { onWake } from './wake.ts'

/** `waiting` is the time between a lost connection and the next attempt. */
export type Connection = 'connecting' | 'open' | 'waiting'

export interface FollowOptions {
  /** The `lastEventId` to go on after; without it the stream starts with event 1. */
  after?: string
  /** Ends the following, never the turn. */
  signal?: AbortSignal
  onConnection?: (state: Connection) => void
  /** Told each cursor as soon as its event was given out. */
  onCursor?: (id: string) => void
}

/** One request for the events after a cursor. */
export type Open = (after: string, signal: AbortSignal) => Promise<Response>

/** The server says something at least every 10 s; after two silent intervals the line is dead. */
const SILENCE_MS = 20_000
/** After waking up, one silent interval and a little is proof enough that the line died in the sleep. */
const STALE_MS = 12_000
/** A cut line is taken up again almost at once, a dead server ever more slowly. */
const DELAYS_MS = [300, 1000, 2000, 4000, 8000, 15_000]
/** After so many bad answers in a row, about seven seconds, it is asked whether the turn is over. */
const DOUBT = 4

/** `isOver` asks in another way than `open` whether the turn has ended. */
export async function* follow(
  open: Open, options: FollowOptions, isOver: (signal: AbortSignal) => Promise<boolean>,
): AsyncGenerator<TurnEvent, void, void> {
  const { signal, onConnection } = options
  let cursor = options.after ?? ''
  let seq = Number.parseInt(cursor, 10) || 0
  let failures = 0
  for (;;) {
    signal?.throwIfAborted()
    onConnection?.('connecting')
    const line = new Line(signal)
    let retryAfter = 0
    try {
      const response = await open(cursor, line.signal)
      const error = await refusal(response)
      if (error) {
        // Only whoever came with the cursor of the end can be told that nothing follows: all others see the last event.
        const isEnd = response.status === 204 && cursor && cursor === options.after
        if (response.ok && (isEnd || failures >= DOUBT) && (await isOver(line.signal))) {
          if (isEnd) return
          throw new ChatError('http', 'The answer has ended, but it cannot be followed from here.', { status: response.status })
        }
        retryAfter = 1000 * Math.min(60, Number(response.headers.get('retry-after')) || 0)
        throw error
      }
      onConnection?.('open')
      for await (const { id, event: name, data } of line.read(response)) {
        const event = eventOf(name, data)
        if (!event) continue
        if (!(event.seq > seq)) continue
        // A gap would be a lost event: better to ask again for what follows the last one that is known.
        if (event.seq !== seq + 1) break
        seq = event.seq
        cursor = id
        failures = 0
        options.onCursor?.(id)
        if (isKnown(event)) yield event
        if (event.type === 'turn.finished') return
      }
    } catch (problem) {
      signal?.throwIfAborted()
      if (problem instanceof ChatError && !problem.retryable) throw problem
    } finally {
      line.close()
    }
    signal?.throwIfAborted()
    onConnection?.('waiting')
    await pause(Math.max(retryAfter, delay(failures++)), signal)
  }
}

/** Broken JSON is a broken connection; only a message by a name we do not know may be something else altogether. */
function eventOf(name: string, data: string): TurnEvent | undefined {
  try {
    return JSON.parse(data) as TurnEvent
  } catch (problem) {
    if (isKnown({ type: name }) || name === 'message') throw problem
    return undefined
  }
}

/** The error of a response that is not an event stream. A page of somebody else's may pass by itself. */
async function refusal(response: Response): Promise<ChatError | undefined> {
  if (!response.ok) return errorOf(response)
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) return undefined
  await response.body?.cancel()
  return new ChatError('http', 'The answer is not an event stream.', { status: response.status, retryable: true })
}

/** With jitter, so that a server which comes back does not meet everybody in the same instant. */
function delay(failures: number): number {
  const step = DELAYS_MS[Math.min(failures, DELAYS_MS.length - 1)] as number
  return step * (0.75 + Math.random() / 2)
}

/** Waits, but not longer than until the page wakes up or somebody gives up. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      sleepOn()
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    const sleepOn = onWake(end)
    signal?.addEventListener('abort', end)
  })
}

/** One connection, closed by its reader, by its user's signal, or by its own silence. */
export class Line {
  #controller = new AbortController()
  #heardAt = Date.now()
  #timer: ReturnType<typeof setTimeout> | undefined
  #outer: AbortSignal | undefined
  #forgetWake: () => void

  constructor(outer?: AbortSignal) {
    this.#outer = outer
    outer?.addEventListener('abort', this.close)
    this.#forgetWake = onWake(this.check)
    this.#heard()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  async *read(response: Response) {
    for await (const messages of this.batches(response)) yield* messages
  }

  /** The messages of each piece that comes; of a heartbeat none. */
  async *batches(response: Response) {
    const reader = response.body?.getReader()
    // A stream that is not the platform's own may not know the signal: it ends as if it had been cut.
    this.signal.addEventListener('abort', () => void reader?.cancel().catch(() => undefined))
    const decoder = new TextDecoder()
    const parser = new Parser()
    while (reader) {
      const { done, value } = await reader.read()
      if (done) return
      this.#heard()
      yield parser.feed(decoder.decode(value, { stream: true }))
    }
  }

  /** Ends a line that has been silent for so long that it died while somebody slept. */
  check = (): void => {
    if (Date.now() - this.#heardAt > STALE_MS) this.#controller.abort()
  }

  close = (): void => {
    clearTimeout(this.#timer)
    this.#forgetWake()
    this.#outer?.removeEventListener('abort', this.close)
    this.#controller.abort()
  }

  #heard(): void {
    this.#heardAt = Date.now()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#controller.abort(), SILENCE_MS)
  }
}
