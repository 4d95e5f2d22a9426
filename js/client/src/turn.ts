/** A turn as a client holds it: follow it as often as you like, stop it, ask it again. */

import type { Api } from './api.ts'
import { ChatError } from './error.ts'
import type { EventOf, TurnEvent } from './events.ts'
import { follow, type FollowOptions } from './follow.ts'
import { Fold, type TurnState } from './fold.ts'

/** What the server says when it takes a question (PROTOCOL.md §2.2). */
export interface TurnReceipt {
  turn_id: string
  chat_id: string
  user_message_id: string
  message_id: string
  events_url: string
}

/** What stopping achieved (PROTOCOL.md §5.2). */
export interface StopReceipt {
  status: TurnState['status']
  final_seq: number
  kept_chars: number
  upstream_closed: boolean | null
  upstream_close_ms: number | null
}

/** Each iteration follows the turn's events anew, through lost connections, until the turn has ended. */
export class Turn implements AsyncIterable<TurnEvent> {
  readonly id: string
  /** What the server said when it took the question; missing for a turn that is only followed. */
  readonly receipt: TurnReceipt | undefined
  /** The id of the request that started the turn, for a report to whoever runs the server. */
  readonly requestId: string | undefined
  /** The cursor of the last event given out; hand it to `turns.follow` to go on after it. */
  lastEventId: string
  #api: Api
  #options: FollowOptions
  #folded: TurnState | undefined
  #listeners = new EventTarget()

  constructor(api: Api, id: string, options: FollowOptions, receipt?: TurnReceipt, requestId?: string) {
    this.#api = api
    this.id = id
    this.receipt = receipt
    this.requestId = requestId
    this.lastEventId = options.after ?? ''
    this.#options = options
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TurnEvent, void, void> {
    const folded = new Fold()
    const open = (after: string, signal: AbortSignal) => this.#api.events(this.id, after, signal)
    const isOver = async (signal: AbortSignal) => (await this.#api.turn(this.id, signal)).status !== 'in_progress'
    const onCursor = (id: string) => (this.lastEventId = id)
    for await (const event of follow(open, this.#options, isOver, onCursor)) {
      folded.add(event)
      if (event.type === 'turn.finished' && !this.#options.after) this.#folded = folded.turn()
      this.#listeners.dispatchEvent(new CustomEvent(event.type, { detail: event }))
      yield event
    }
  }

  /** Tells `listener` each event of that type once, however often the turn is read by a loop, `text` or `final`; it reads
   *  nothing by itself. What it throws is an uncaught error of the program's and no matter to the reader. Returns how to
   *  take the listener off. */
  on<Type extends TurnEvent['type']>(type: Type, listener: (event: EventOf<Type>) => void): () => void {
    let told = 0
    const leaving = new AbortController()
    const tell = (said: Event) => {
      const { detail } = said as CustomEvent<EventOf<Type>>
      if (detail.seq > told) {
        told = detail.seq
        listener(detail)
      }
    }
    // Its `signal` is the option by which a listener is taken off.
    this.#listeners.addEventListener(type, tell, leaving)
    return () => leaving.abort()
  }

  /** The answer's text, piece by piece. Throws the `ChatError` of a turn that failed. */
  get text(): AsyncGenerator<string, void, void> {
    return this.#text()
  }

  async *#text(): AsyncGenerator<string, void, void> {
    let said = ''
    for await (const event of this) {
      if (event.type === 'text.delta' && event.delta) {
        if (said && said !== event.part_id) yield '\n\n'
        said = event.part_id
        yield event.delta
      }
      if (event.type === 'turn.finished' && event.error) {
        throw new ChatError(event.error.code, event.error.message, { ...event.error, requestId: this.requestId })
      }
    }
  }

  /** The whole turn once it has ended, however it ended. */
  async final(): Promise<TurnState> {
    if (!this.#folded) for await (const _ of this);
    return this.#folded ?? this.#api.turn(this.id)
  }

  stop(): Promise<StopReceipt> {
    return this.#api.stop(this.id)
  }
}
