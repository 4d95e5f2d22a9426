/** Following a turn: one endless stream of events made of as many connections as it takes (PROTOCOL.md §4). */

import { ChatError, errorOf, lost, unreadable } from './error.ts'
import { isKnown, type TurnEvent } from './events.ts'
import { Parser } from './sse.ts'
import { onWake } from './wake.ts'

/** `waiting` is the time between a lost connection and the next attempt. */
export type Connection = 'connecting' | 'open' | 'waiting'

/** Why there is no connection: a `status` of 0 says that nothing answers, any other what answered in place of events. */
export interface Trouble {
  readonly error: ChatError
  /** Milliseconds since 1970. */
  readonly since: number
}

export interface FollowOptions {
  /** The `lastEventId` to go on after; without it the stream starts with event 1. */
  after?: string
  /** Ends the following, never the turn. */
  signal?: AbortSignal
  /** Without `trouble` all is well, or nothing is known yet. */
  onConnection?: (state: Connection, trouble?: Trouble) => void
}

/** One request for the events after a cursor. */
export type Open = (after: string, signal: AbortSignal) => Promise<Response>

/** The server says something at least every 10 s; after two silent intervals the line is dead. */
const SILENCE_MS = 20_000
/** After waking up, one silent interval and a little is proof enough that the line died in the sleep. */
const STALE_MS = 12_000
/** A cut line is taken up again almost at once, a dead server ever more slowly. */
const DELAYS_MS = [300, 1000, 2000, 4000, 8000]
const LONGEST_DELAY_MS = 15_000
/** After so many bad answers in a row, about seven seconds, it is asked whether the turn is over. */
const DOUBT = 4

/** `isOver` asks in another way than `open` whether the turn has ended; `onCursor` is told each event's cursor first. */
export async function* follow(
  open: Open, options: FollowOptions, isOver: (signal: AbortSignal) => Promise<boolean>, onCursor: (id: string) => void,
): AsyncGenerator<TurnEvent, void, void> {
  const { signal, onConnection } = options
  let cursor = options.after ?? ''
  let seq = parseInt(cursor) || 0
  let failures = 0
  let trouble: Trouble | undefined
  for (;;) {
    signal?.throwIfAborted()
    onConnection?.('connecting', trouble)
    const line = new Line(signal)
    let retryAfter = 0
    let error: ChatError | undefined
    try {
      const response = await open(cursor, line.signal)
      error = await refusal(response)
      if (error) {
        // Only whoever came with the cursor of the end can be told that nothing follows: all others see the last event.
        const isEnd = response.status === 204 && cursor && cursor === options.after
        if (response.ok && (isEnd || failures >= DOUBT) && (await isOver(line.signal))) {
          if (isEnd) return
          throw new ChatError('http', 'The answer has ended and cannot be followed.', { status: response.status })
        }
        retryAfter = 1000 * Math.min(60, Number(response.headers.get('retry-after')) || 0)
        throw error
      }
      trouble = undefined
      onConnection?.('open')
      for await (const messages of line.read(response)) {
        for (const { id, event: name, data } of messages) {
          const event = eventOf(name, data)
          if (!event || !(event.seq > seq)) continue
          // A gap would be a lost event: better to ask again for what follows the last one that is known.
          if (event.seq !== seq + 1) throw lost()
          seq = event.seq
          cursor = id
          failures = 0
          onCursor(id)
          if (isKnown(event)) yield event
          if (event.type === 'turn.finished') return
        }
      }
    } catch (problem) {
      signal?.throwIfAborted()
      if (problem instanceof ChatError && !problem.retryable) throw problem
      error = problem instanceof ChatError ? problem : lost(problem)
    } finally {
      line.close()
    }
    signal?.throwIfAborted()
    trouble = { error: error ?? lost(), since: trouble?.since ?? Date.now() }
    onConnection?.('waiting', trouble)
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

/** The error of a response that is not an event stream. */
async function refusal(response: Response): Promise<ChatError | undefined> {
  if (!response.ok) return errorOf(response)
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) return undefined
  await response.body?.cancel()
  return unreadable(response)
}

/** With jitter, so that a server which comes back does not meet everybody in the same instant. */
function delay(failures: number): number {
  return (DELAYS_MS[failures] ?? LONGEST_DELAY_MS) * (0.75 + Math.random() / 2)
}

/** Waits, but not longer than until the page wakes up or somebody gives up. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const awake = new AbortController()
    const end = () => {
      clearTimeout(timer)
      awake.abort()
      resolve()
    }
    const timer = setTimeout(end, ms)
    onWake(end, awake.signal)
    signal?.addEventListener('abort', end, { signal: awake.signal })
  })
}

/** One connection, closed by its reader, by its user's signal, or by its own silence. */
export class Line {
  #controller = new AbortController()
  readonly signal = this.#controller.signal
  #heardAt = Date.now()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(outer?: AbortSignal) {
    const { signal } = this
    outer?.addEventListener('abort', this.close, { signal })
    onWake(this.check, signal)
    this.#heard()
  }

  /** The messages of each piece that comes; of a heartbeat none. */
  async *read(response: Response) {
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
    if (Date.now() - this.#heardAt > STALE_MS) this.close()
  }

  close = (): void => {
    clearTimeout(this.#timer)
    this.#controller.abort()
  }

  #heard(): void {
    this.#heardAt = Date.now()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.close, SILENCE_MS)
  }
}
