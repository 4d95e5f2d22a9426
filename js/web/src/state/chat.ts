/** The open chat: its questions with their answers, the one being written, and what can be done with them. */

import { batch, signal } from '@preact/signals'
import { ChatError, isChatError, type Connection, type Failure, type Message, type MessagePage, type Question, type Trouble, type Turn } from '@rivulet/client'

import { words } from '../words.ts'
import { Answer } from './answer.ts'
import { refreshChats } from './chats.ts'
import { Exchange, exchangesOf, type Send } from './exchange.ts'
import { modelForQuestion } from './models.ts'
import { announce, attempt } from './notices.ts'
import { Queue } from './queue.ts'
import { messageOf, reasonOf } from './reason.ts'
import { chatId, goTo } from './route.ts'
import { request, server } from './server.ts'
import { whileAnswering } from './settings.ts'
import { tellWindows } from './windows.ts'

/** As many turns as the server sends unasked, and the most it sends. */
const PAGE = 100
const LARGEST_PAGE = 500

/** Lives as long as its chat is on the screen; leaving it stops the following, never the turn. */
export class OpenChat {
  id: string | null
  readonly exchanges = signal<readonly Exchange[]>([])
  readonly running = signal<Answer | null>(null)
  /** The exchange that was begun last on this page: it has the view to itself. */
  readonly begun = signal<Exchange | null>(null)
  /** Asks for what was said before the first exchange; null when that is nothing. */
  readonly earlier = signal<string | null>(null)
  readonly isReadingEarlier = signal(false)
  readonly isLoading = signal(false)
  readonly problem = signal<string | null>(null)
  readonly connection = signal<Connection>('open')
  /** Why it is not open, and since when. */
  readonly trouble = signal<Trouble | null>(null)
  readonly queue: Queue
  /** Was not taken and is written nowhere else: on its way into the field. */
  readonly unsent = signal('')
  /** When an event came in last, by this page's clock. */
  heardAt = 0
  /** Every answer seen here, so that going to another branch and back shows the same one. */
  #answers = new Map<string, Answer>()
  #leaving = new AbortController()
  /** Counts what happened here; a list asked for before that is older than it and must not undo it. */
  #changes = 0
  #reads = 0
  /** The turn that the first exchange continues, null when it continues none; unknown until the chat was read. The
   * list reaches back to there, whatever branch is chosen later. */
  #root: string | null | undefined
  /** A question on its way: nobody can tell yet whether a list that is read now has it. */
  #sending: Promise<unknown> | undefined
  /** Another window's turn came to be while this page still followed the one before. */
  #isBehind = false

  constructor(id: string | null) {
    this.id = id
    this.#root = id ? undefined : null
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
    const { id } = this
    if (!id) return
    this.isLoading.value = this.exchanges.value.length === 0
    const read = ++this.#reads
    const isLast = () => read === this.#reads
    try {
      const page = await this.#read(id)
      if (!isLast()) return
      this.#show(page)
      this.problem.value = null
    } catch (problem) {
      if (isLast() && !this.#leaving.signal.aborted) this.problem.value = messageOf(problem)
    } finally {
      if (isLast()) this.isLoading.value = false
    }
  }

  /** The chat as it is after everything that has happened here. */
  async #read(id: string): Promise<MessagePage> {
    await this.#sending
    const seen = this.#changes
    const page = await this.#pages(id)
    return seen === this.#changes ? page : this.#read(id)
  }

  /** The newest page, and with it what else is on the screen. */
  async #pages(id: string): Promise<MessagePage> {
    const { signal } = this.#leaving
    const shown = this.exchanges.value.length
    let page = await server.chats.messages(id, shown > PAGE ? { limit: Math.min(shown, LARGEST_PAGE) } : {}, signal)
    while (page.next_before && this.#root !== undefined && !page.messages.some(({ parent_id }) => parent_id === this.#root)) {
      const older = await server.chats.messages(id, { before: page.next_before, limit: LARGEST_PAGE }, signal)
      const path = [...(older.path ?? []), ...(page.path ?? [])]
      page = { ...page, path, messages: [...older.messages, ...page.messages], next_before: older.next_before ?? null }
    }
    return page
  }

  /** Reads the page before the first exchange. */
  async readEarlier(): Promise<void> {
    const before = this.earlier.value
    if (!this.id || before === null || this.isReadingEarlier.value) return
    this.isReadingEarlier.value = true
    const { signal } = this.#leaving
    const read = async () => {
      const page = await server.chats.messages(this.id as string, { before }, signal)
      // Another branch may have been chosen meanwhile, with another past.
      if (before === this.earlier.value) this.#prepend(page)
    }
    await attempt(read().catch((problem: unknown) => {
      if (!signal.aborted) throw problem
    }))
    this.isReadingEarlier.value = false
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
    return this.#begin(new Exchange(question), this.exchanges.value, {})
  }

  /** Asks another question in the place of this one, which stays within reach. */
  async edit(exchange: Exchange, question: string): Promise<boolean> {
    const { turnId } = exchange
    if (!turnId) return this.#begin(new Exchange(question), this.#before(exchange), {})
    const edited = new Exchange(question)
    edited.edits.value = [...(exchange.edits.value.length ? exchange.edits.value : [turnId]), '']
    return this.#begin(edited, this.#before(exchange), { edit_of: turnId })
  }

  /** Answers the question again; the answers before stay within reach. */
  async retry(exchange: Exchange): Promise<void> {
    if (this.running.value) return
    const { turnId, send } = exchange
    if (!turnId && !send) return
    const before = exchange.answer.value
    const all = this.exchanges.value
    this.exchanges.value = [...this.#before(exchange), exchange]
    await this.#start(exchange, turnId ? () => server.turns.retry(turnId, this.#following()) : (send as Send), () => {
      exchange.answer.value = before
      this.exchanges.value = all
    })
  }

  /** Takes a question away that the server never had. */
  discard(exchange: Exchange): void {
    this.exchanges.value = this.exchanges.value.filter((one) => one !== exchange)
    void this.load()
  }

  /** Goes to the branch of this turn; the server remembers it. */
  async choose(turnId: string): Promise<void> {
    if (!this.id) return
    await attempt(request(`chats/${this.id}/branch`, { method: 'PUT', json: { turn_id: turnId } }))
    this.#changes += 1
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
      if (answer.phase.value === 'stopping') answer.phase.value = before
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

  #before(exchange: Exchange): readonly Exchange[] {
    const at = this.exchanges.value.indexOf(exchange)
    return at < 0 ? this.exchanges.value : this.exchanges.value.slice(0, at)
  }

  #begin(exchange: Exchange, before: readonly Exchange[], place: Pick<Question, 'edit_of'>): Promise<boolean> {
    const all = this.exchanges.value
    const model = modelForQuestion.value
    const question = { input: exchange.question, ...(this.id && { chat_id: this.id }), ...(model && { model }), ...place }
    const options = { ...this.#following(), idempotencyKey: newKey() }
    exchange.send = () => server.turns.create(question, options)
    this.exchanges.value = [...before, exchange]
    return this.#start(exchange, exchange.send, () => (this.exchanges.value = all))
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
    this.#changes += 1
    this.#sending = sent.then(ignore, ignore)
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
    this.#answers.set(turn.id, answer)
    const hasSiblings = exchange.turnId !== '' || exchange.edits.value.length > 0
    exchange.turnId = turn.id
    // Sent again after its first answer was lost, it may have been read back as a question of its own.
    this.exchanges.value = this.exchanges.value.filter((one) => one === exchange || one.turnId !== turn.id)
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

  #show(page: MessagePage): void {
    const { messages, path, running_turn_id: runningId } = page
    batch(() => {
      this.#reachesBackTo(page)
      const read = exchangesOf(messages, this.exchanges.value, (message) => this.#answerOf(message))
      const isOnPath = runningId && (path?.includes(runningId) ?? true)
      const asked = isOnPath ? (read.find(({ turnId }) => turnId === runningId) ?? read.findLast(({ turnId }) => turnId)) : undefined
      if (runningId && !this.running.value) this.#resume(runningId)
      this.#isBehind = Boolean(runningId) && this.running.value?.turnId !== runningId
      if (asked && runningId) asked.answer.value = this.#answers.get(runningId) ?? null
      this.exchanges.value = read
      if (!this.running.value && this.queue.waiting.value.length) this.queue.isHeld.value = true
    })
  }

  #prepend(page: MessagePage): void {
    this.#changes += 1
    batch(() => {
      const before = exchangesOf(page.messages, [], (message) => this.#answerOf(message))
      this.exchanges.value = [...before, ...this.exchanges.value]
      this.#reachesBackTo(page)
    })
  }

  #reachesBackTo({ messages, next_before: before = null }: MessagePage): void {
    this.earlier.value = before
    this.#root = messages[0]?.parent_id ?? null
  }

  #answerOf(message: Message): Answer {
    const known = this.#answers.get(message.turn_id)
    const answer = known ?? Answer.of(message)
    if (known && message.feedback) known.feedback.value = message.feedback
    this.#answers.set(message.turn_id, answer)
    return answer
  }

  #resume(turnId: string): void {
    const answer = new Answer(true)
    answer.turnId = turnId
    this.#answers.set(turnId, answer)
    this.running.value = answer
    void this.#follow(answer, server.turns.follow(turnId, this.#following()))
  }

  async #follow(answer: Answer, turn: Turn): Promise<void> {
    try {
      for await (const event of turn) {
        this.heardAt = performance.now()
        answer.take(event)
      }
    } catch (problem) {
      if (this.#leaving.signal.aborted) return
      answer.fail(failureOf(problem))
    }
    this.#changes += 1
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

const ignore = () => undefined

function failureOf(problem: unknown): Failure {
  if (!(problem instanceof ChatError)) return { code: 'page', message: words.unexpected, retryable: true }
  return { code: problem.code, message: problem.message, retryable: problem.retryable }
}

/** Not `randomUUID`, which browsers keep from pages that came over plain HTTP. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
