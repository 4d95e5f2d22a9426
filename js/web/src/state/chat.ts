/** The open chat: what can be asked and done in it, and the one answer that is being written. */

import { batch, signal } from '@preact/signals'
import { isChatError, type Connection, type Question, type Trouble, type Turn, type TurnEvent } from '@rivulet/client'

import { words } from '../words.ts'
import { Answer } from './answer.ts'
import { refreshChats } from './chats.ts'
import { Exchange, type Send } from './exchange.ts'
import { Exchanges } from './exchanges.ts'
import { modelForQuestion } from './models.ts'
import { announce, attempt } from './notices.ts'
import { Queue } from './queue.ts'
import { failureOf, reasonOf } from './reason.ts'
import { chatId, goTo } from './route.ts'
import { request, server } from './server.ts'
import { whileAnswering } from './settings.ts'
import { tellWindows } from './windows.ts'

/** As long as a line that is followed may be silent; then the events show at least that something comes. */
const PATIENCE_MS = 20_000

/** Lives as long as its chat is on the screen; leaving it stops the following, never the turn. */
export class OpenChat {
  id: string | null
  readonly running = signal<Answer | null>(null)
  /** The exchange that was begun last on this page: it has the view to itself. */
  readonly begun = signal<Exchange | null>(null)
  readonly connection = signal<Connection>('open')
  /** Why it is not open, and since when. */
  readonly trouble = signal<Trouble | null>(null)
  readonly exchanges: Exchanges
  readonly queue: Queue
  /** Was not taken and is written nowhere else: on its way into the field. */
  readonly unsent = signal('')
  /** When an event came in last, by this page's clock. */
  heardAt = 0
  #leaving = new AbortController()
  /** Another window's turn came to be while this page still followed the one before. */
  #isBehind = false

  constructor(id: string | null) {
    this.id = id
    this.exchanges = new Exchanges(!id, this.#leaving.signal)
    this.queue = new Queue(id)
    if (id) void this.load()
    else this.queue.isHeld.value = this.queue.waiting.value.length > 0
  }

  leave(): void {
    this.#leaving.abort()
    this.queue.leave()
  }

  /** Reads the chat back, keeping what is on the screen already; goes on following what still runs. */
  async load(): Promise<void> {
    if (this.id) await this.exchanges.load(this.id, (runningId) => this.#meet(runningId))
  }

  /** Reads the page before the first exchange. */
  async readEarlier(): Promise<void> {
    if (this.id) await this.exchanges.readEarlier(this.id)
  }

  /** Asks, or lets the question wait its turn if that is wanted. What cannot be taken now goes into the field. */
  async put(question: string): Promise<void> {
    if (this.running.value && whileAnswering.value === 'queue') this.queue.add(question)
    else if (!(await this.ask(question))) this.keep(question)
  }

  keep(question: string): void {
    this.unsent.value = this.unsent.value ? `${this.unsent.value}\n${question}` : question
  }

  /** Shows the question at once and sends it. False when the chat is busy: then the question is not taken. */
  async ask(question: string): Promise<boolean> {
    if (this.running.value) return false
    return this.#begin(new Exchange(question), this.exchanges.all.value, {})
  }

  /** Asks another question in the place of this one, which stays within reach. */
  async edit(exchange: Exchange, question: string): Promise<boolean> {
    const { turnId } = exchange
    if (!turnId) return this.#begin(new Exchange(question), this.exchanges.before(exchange), {})
    const edited = new Exchange(question)
    edited.edits.value = [...(exchange.edits.value.length ? exchange.edits.value : [turnId]), '']
    return this.#begin(edited, this.exchanges.before(exchange), { edit_of: turnId })
  }

  /** Answers the question again; the answers before stay within reach. */
  async retry(exchange: Exchange): Promise<void> {
    if (this.running.value) return
    const { turnId, send } = exchange
    if (!turnId && !send) return
    const before = exchange.answer.value
    const all = this.exchanges.all.value
    this.exchanges.all.value = [...this.exchanges.before(exchange), exchange]
    await this.#start(exchange, turnId ? () => server.turns.retry(turnId, this.#following()) : (send as Send), () => {
      exchange.answer.value = before
      this.exchanges.all.value = all
    })
  }

  /** Takes a question away that the server never had. */
  discard(exchange: Exchange): void {
    this.exchanges.remove(exchange)
    void this.load()
  }

  /** Goes to the branch of this turn; the server remembers it. */
  async choose(turnId: string): Promise<void> {
    if (!this.id) return
    await attempt(request(`chats/${this.id}/branch`, { method: 'PUT', json: { turn_id: turnId } }))
    this.exchanges.changed()
    tellWindows(this.id)
    await this.load()
  }

  /** Ends the running turn on the server; its last event ends it here. */
  async stop(): Promise<void> {
    const answer = this.running.value
    if (!answer || answer.phase.value === 'stopping') return
    const before = answer.phase.value
    answer.phase.value = 'stopping'
    // Without an id the server has not answered yet: the turn is stopped as soon as it has one.
    if (!answer.turnId) return
    const stopping = server.turns.stop(answer.turnId)
    stopping.catch(() => {
      // Words may have come meanwhile, and stay in sight.
      if (answer.phase.value === 'stopping') answer.phase.value = answer.text ? 'writing' : before
    })
    await attempt(stopping)
  }

  /** Sends what was held back after a stop or an error. */
  goOn(): void {
    this.queue.isHeld.value = false
    if (!this.running.value) void this.#sendNext()
  }

  async #sendNext(): Promise<void> {
    const question = this.queue.next()
    if (question !== undefined && !(await this.ask(question))) this.queue.giveBack(question)
  }

  #begin(exchange: Exchange, before: readonly Exchange[], place: Pick<Question, 'edit_of'>): Promise<boolean> {
    const all = this.exchanges.all.value
    const model = modelForQuestion.value
    const question = { input: exchange.question, ...(this.id && { chat_id: this.id }), ...(model && { model }), ...place }
    const options = { ...this.#following(), idempotencyKey: newKey() }
    exchange.send = () => server.turns.create(question, options)
    this.exchanges.all.value = [...before, exchange]
    return this.#start(exchange, exchange.send, () => (this.exchanges.all.value = all))
  }

  async #start(exchange: Exchange, send: Send, undo: () => void): Promise<boolean> {
    const answer = new Answer()
    batch(() => {
      exchange.answer.value = answer
      this.begun.value = exchange
      this.running.value = answer
    })
    announce(words.answeringNow)
    const sent = send()
    this.exchanges.sending(sent)
    let turn: Turn
    try {
      turn = await sent
    } catch (problem) {
      this.running.value = null
      if (this.#leaving.signal.aborted) return true
      if (isChatError(problem) && problem.code === 'chat_busy') {
        undo()
        void this.load()
        return false
      }
      answer.requestId = isChatError(problem) ? problem.requestId : undefined
      answer.fail(failureOf(problem))
      this.#ended(answer)
      return true
    }
    this.#taken(exchange, answer, turn)
    return true
  }

  #taken(exchange: Exchange, answer: Answer, turn: Turn): void {
    this.#named(turn)
    answer.turnId = turn.id
    answer.requestId = turn.requestId
    this.exchanges.remember(answer)
    const hasSiblings = exchange.turnId !== '' || exchange.edits.value.length > 0
    this.exchanges.claim(exchange, turn.id)
    if (answer.phase.value === 'stopping') void attempt(server.turns.stop(turn.id))
    if (hasSiblings) void this.load()
    if (this.id) tellWindows(this.id)
    void refreshChats()
    void this.#follow(answer, turn)
  }

  /** A new chat has its id now, and so has the address. */
  #named(turn: Turn): void {
    if (this.id || !turn.receipt) return
    this.id = turn.receipt.chat_id
    this.queue.rename(this.id)
    if (!this.#leaving.signal.aborted && chatId.value === null) goTo(this.id)
  }

  /** A turn that runs on the server, wherever it was asked. */
  #meet(runningId: string | null): void {
    if (runningId && !this.running.value) this.#resume(runningId)
    this.#isBehind = Boolean(runningId) && this.running.value?.turnId !== runningId
    if (!this.running.value && this.queue.waiting.value.length) this.queue.isHeld.value = true
  }

  #resume(turnId: string): void {
    const answer = new Answer(true)
    answer.turnId = turnId
    this.exchanges.remember(answer)
    this.running.value = answer
    void this.#follow(answer, this.#soFarAndOn(answer))
  }

  /** Takes what there is in one small answer, and gives the events after it; all events without that answer. */
  async *#soFarAndOn(answer: Answer): AsyncGenerator<TurnEvent, void, void> {
    const options = this.#following()
    let after = ''
    try {
      const turn = await server.turns.get(answer.turnId, AbortSignal.any([options.signal, AbortSignal.timeout(PATIENCE_MS)]))
      answer.resume(turn)
      after = String(turn.seq)
      this.heardAt = performance.now()
    } catch (problem) {
      options.signal.throwIfAborted()
      console.warn('The answer so far could not be read; all of it is followed.', problem)
    }
    if (answer.isRunning) yield* server.turns.follow(answer.turnId, { ...options, after })
  }

  async #follow(answer: Answer, events: AsyncIterable<TurnEvent>): Promise<void> {
    try {
      for await (const event of events) {
        this.heardAt = performance.now()
        answer.take(event)
      }
    } catch (problem) {
      if (this.#leaving.signal.aborted) return
      answer.fail(failureOf(problem))
    }
    this.exchanges.changed()
    batch(() => {
      this.running.value = null
      this.connection.value = 'open'
    })
    this.#ended(answer)
    if (this.#isBehind) void this.load()
    void refreshChats()
  }

  #ended(answer: Answer): void {
    announce(outcomeOf(answer))
    const status = answer.status.value
    if (!this.queue.waiting.value.length) return
    if (status === 'completed' || status === 'incomplete') void this.#sendNext()
    else this.queue.isHeld.value = true
  }

  #following() {
    return {
      signal: this.#leaving.signal,
      onConnection: (state: Connection, trouble: Trouble | null = null) =>
        batch(() => {
          this.connection.value = state
          this.trouble.value = trouble
        }),
    }
  }
}

function outcomeOf(answer: Answer): string {
  const failure = answer.failure.value
  if (failure) return words.answerFailed(reasonOf(failure))
  if (answer.status.value === 'cancelled') return words.answerStopped
  return words.answerComplete(answer.text.split(/\s+/).filter(Boolean).length, answer.cited.value.size)
}

/** Not `randomUUID`, which browsers keep from pages that came over plain HTTP. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
