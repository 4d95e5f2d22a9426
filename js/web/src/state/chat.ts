/** The open chat: its questions with their answers, the one being written, and what can be done with them. */

import { computed, signal, type Signal } from '@preact/signals'
import { ChatError, isChatError, type Connection, type Failure, type Message, type Turn } from '@rivulet/client'

import { words } from '../words.ts'
import { Answer } from './answer.ts'
import { refreshChats } from './chats.ts'
import { announce, attempt, messageOf } from './notices.ts'
import { chatId, goTo } from './route.ts'
import { server } from './server.ts'

/** A question and the attempts at answering it, of which one is shown. */
export class Exchange {
  readonly question: string
  readonly attempts: Signal<readonly Answer[]>
  readonly index: Signal<number>
  readonly shown = computed(() => this.attempts.value[this.index.value])

  constructor(question: string, attempts: readonly Answer[]) {
    this.question = question
    this.attempts = signal(attempts)
    this.index = signal(attempts.length - 1)
  }

  /** These attempts, the last one in view. */
  show(attempts: readonly Answer[]): void {
    this.attempts.value = attempts
    this.index.value = attempts.length - 1
  }
}

/** Lives as long as its chat is on the screen; leaving it stops the following, never the turn. */
export class OpenChat {
  id: string | null
  readonly exchanges = signal<readonly Exchange[]>([])
  readonly running = signal<Answer | null>(null)
  readonly isLoading = signal(false)
  readonly problem = signal<string | null>(null)
  readonly connection = signal<Connection>('open')
  #leaving = new AbortController()

  constructor(id: string | null) {
    this.id = id
    if (id) void this.load()
  }

  leave(): void {
    this.#leaving.abort()
  }

  /** Reads the chat back, keeping what is on the screen already; goes on following what still runs. */
  async load(): Promise<void> {
    const { id } = this
    if (!id || this.running.value) return
    this.isLoading.value = this.exchanges.value.length === 0
    try {
      const { messages, running_turn_id: runningId } = await server.chats.messages(id, this.#leaving.signal)
      if (this.running.value) return
      this.exchanges.value = exchangesOf(messages, this.exchanges.value)
      this.problem.value = null
      if (runningId) this.#resume(runningId)
    } catch (problem) {
      if (!this.#leaving.signal.aborted) this.problem.value = messageOf(problem)
    } finally {
      this.isLoading.value = false
    }
  }

  /** Shows the question at once and sends it. False when the chat was busy: then the question is not taken. */
  async ask(question: string, model: string | undefined): Promise<boolean> {
    const answer = new Answer()
    const exchange = new Exchange(question, [answer])
    this.exchanges.value = [...this.exchanges.value, exchange]
    const request = { input: question, ...(this.id && { chat_id: this.id }), ...(model && { model }) }
    return this.#start(answer, () => server.turns.create(request, this.#following()), () => {
      this.exchanges.value = this.exchanges.value.filter((one) => one !== exchange)
    })
  }

  /** Asks the last question again; the attempts before stay within reach. */
  async retry(exchange: Exchange, model: string | undefined): Promise<void> {
    if (this.running.value) return
    const taken = exchange.attempts.value.filter(({ turnId }) => turnId)
    const last = taken.at(-1)
    if (!last) {
      this.exchanges.value = this.exchanges.value.filter((one) => one !== exchange)
      await this.ask(exchange.question, model)
      return
    }
    const answer = new Answer()
    exchange.show([...taken, answer])
    await this.#start(answer, () => server.turns.retry(last.turnId, this.#following()), () => exchange.show(taken))
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
    stopping.catch(() => (answer.phase.value = before))
    await attempt(stopping)
  }

  async #start(answer: Answer, send: () => Promise<Turn>, undo: () => void): Promise<boolean> {
    this.running.value = answer
    announce(words.answeringNow)
    let turn: Turn
    try {
      turn = await send()
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
      announce(words.answerFailed(messageOf(problem)))
      return true
    }
    this.#named(turn)
    answer.turnId = turn.id
    answer.requestId = turn.requestId
    if (answer.phase.value === 'stopping') void attempt(server.turns.stop(turn.id))
    void refreshChats()
    void this.#follow(answer, turn)
    return true
  }

  /** A new chat has its id now, and so has the address. */
  #named(turn: Turn): void {
    if (this.id || !turn.receipt) return
    this.id = turn.receipt.chat_id
    if (!this.#leaving.signal.aborted && chatId.value === null) goTo(this.id)
  }

  #resume(turnId: string): void {
    const answer = new Answer()
    answer.turnId = turnId
    const exchange = this.exchanges.value.at(-1)
    exchange?.show([...exchange.attempts.value, answer])
    this.running.value = answer
    void this.#follow(answer, server.turns.follow(turnId, this.#following()))
  }

  async #follow(answer: Answer, turn: Turn): Promise<void> {
    try {
      for await (const event of turn) answer.take(event)
    } catch (problem) {
      if (this.#leaving.signal.aborted) return
      answer.fail(failureOf(problem))
    }
    this.running.value = null
    this.connection.value = 'open'
    announce(outcomeOf(answer))
    void refreshChats()
  }

  #following() {
    return {
      signal: this.#leaving.signal,
      onConnection: (state: Connection) => (this.connection.value = state),
    }
  }
}

/** Messages in pairs; an answer without a question of its own is another attempt at the one before. */
function exchangesOf(messages: readonly Message[], present: readonly Exchange[]): Exchange[] {
  const known = new Map(present.flatMap(({ attempts }) => attempts.value.map((one) => [one.turnId, one])))
  const pairs: { question: string; attempts: Answer[] }[] = []
  for (const message of messages) {
    if (message.role === 'user') pairs.push({ question: message.text, attempts: [] })
    else pairs.at(-1)?.attempts.push(known.get(message.turn_id) ?? Answer.of(message))
  }
  const read = pairs.map(({ question, attempts }, i) => {
    const old = present[i]
    const isSame = old?.attempts.value.length === attempts.length && attempts.every((one, j) => one === old.attempts.value[j])
    return isSame ? old : new Exchange(question, attempts)
  })
  // A question that never reached the server is only here.
  return [...read, ...present.filter(({ attempts }) => attempts.value.every(({ turnId }) => !turnId))]
}

function outcomeOf(answer: Answer): string {
  const failure = answer.failure.value
  if (failure) return words.answerFailed(failure.message)
  if (answer.status.value === 'cancelled') return words.answerStopped
  return words.answerComplete(answer.text.split(/\s+/).filter(Boolean).length, answer.cited.value.size)
}

function failureOf(problem: unknown): Failure {
  if (!(problem instanceof ChatError)) return { code: 'page', message: words.unexpected, retryable: true }
  return { code: problem.code, message: problem.message, retryable: problem.retryable }
}
