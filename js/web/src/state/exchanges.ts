/** The questions of a chat with their answers: read back page by page, and kept as what happens here changes them. */

import { batch, signal } from '@preact/signals'
import type { Message, MessagePage } from '@rivulet/client'

import { Answer } from './answer.ts'
import { exchangesOf, type Exchange } from './exchange.ts'
import { attempt } from './notices.ts'
import { messageOf } from './reason.ts'
import { server } from './server.ts'

/** As many turns as the server sends unasked, and the most it sends. */
const PAGE = 100
const LARGEST_PAGE = 500

export class Exchanges {
  readonly all = signal<readonly Exchange[]>([])
  /** Asks for what was said before the first exchange; null when that is nothing. */
  readonly earlier = signal<string | null>(null)
  readonly isReadingEarlier = signal(false)
  readonly isLoading = signal(false)
  readonly problem = signal<string | null>(null)
  /** Ended by the chat, when it is left. */
  readonly #leaving: AbortSignal
  /** Every answer seen here, so that going to another branch and back shows the same one. */
  #answers = new Map<string, Answer>()
  /** Counts what happened here; a list asked for before that is older than it and must not undo it. */
  #changes = 0
  #reads = 0
  /** The turn that the first exchange continues, null when it continues none; unknown until the chat was read. The
   * list reaches back to there, whatever branch is chosen later. */
  #root: string | null | undefined
  /** A question on its way: nobody can tell yet whether a list that is read now has it. */
  #sending: Promise<unknown> | undefined

  constructor(isNew: boolean, leaving: AbortSignal) {
    this.#root = isNew ? null : undefined
    this.#leaving = leaving
  }

  /** Reads the chat back, keeping what is on the screen already; `meet` hears which turn still runs. */
  async load(id: string, meet: (runningId: string | null) => void): Promise<void> {
    this.isLoading.value = this.all.value.length === 0
    const read = ++this.#reads
    const isLast = () => read === this.#reads
    try {
      const page = await this.#read(id)
      if (!isLast()) return
      this.#show(page, meet)
      this.problem.value = null
    } catch (problem) {
      if (isLast() && !this.#leaving.aborted) this.problem.value = messageOf(problem)
    } finally {
      if (isLast()) this.isLoading.value = false
    }
  }

  /** Reads the page before the first exchange. */
  async readEarlier(id: string): Promise<void> {
    const before = this.earlier.value
    if (before === null || this.isReadingEarlier.value) return
    this.isReadingEarlier.value = true
    const read = async () => {
      const page = await server.chats.messages(id, { before }, this.#leaving)
      // Another branch may have been chosen meanwhile, with another past.
      if (before === this.earlier.value) this.#prepend(page)
    }
    await attempt(read().catch((problem: unknown) => {
      if (!this.#leaving.aborted) throw problem
    }))
    this.isReadingEarlier.value = false
  }

  before(exchange: Exchange): readonly Exchange[] {
    const at = this.all.value.indexOf(exchange)
    return at < 0 ? this.all.value : this.all.value.slice(0, at)
  }

  remove(exchange: Exchange): void {
    this.all.value = this.all.value.filter((one) => one !== exchange)
  }

  /** This exchange is the turn's. Sent again after its first answer was lost, it may have been read back as a question
   * of its own. */
  claim(exchange: Exchange, turnId: string): void {
    exchange.turnId = turnId
    this.all.value = this.all.value.filter((one) => one === exchange || one.turnId !== turnId)
  }

  /** The answer is its turn's, whatever is read back. */
  remember(answer: Answer): void {
    this.#answers.set(answer.turnId, answer)
  }

  /** Something happened that a list may not know which is being read now. */
  changed(): void {
    this.#changes += 1
  }

  /** Lists that are read from now on wait for the question to arrive. */
  sending(sent: Promise<unknown>): void {
    this.changed()
    this.#sending = sent.then(ignore, ignore)
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
    const shown = this.all.value.length
    let page = await server.chats.messages(id, shown > PAGE ? { limit: Math.min(shown, LARGEST_PAGE) } : {}, this.#leaving)
    while (page.next_before && this.#root !== undefined && !page.messages.some(({ parent_id }) => parent_id === this.#root)) {
      const older = await server.chats.messages(id, { before: page.next_before, limit: LARGEST_PAGE }, this.#leaving)
      const path = [...(older.path ?? []), ...(page.path ?? [])]
      page = { ...page, path, messages: [...older.messages, ...page.messages], next_before: older.next_before ?? null }
    }
    return page
  }

  #show(page: MessagePage, meet: (runningId: string | null) => void): void {
    const { messages, path, running_turn_id: runningId = null } = page
    batch(() => {
      this.#reachesBackTo(page)
      const read = exchangesOf(messages, this.all.value, (message) => this.#answerOf(message))
      const isOnPath = runningId && (path?.includes(runningId) ?? true)
      const asked = isOnPath ? (read.find(({ turnId }) => turnId === runningId) ?? read.findLast(({ turnId }) => turnId)) : undefined
      meet(runningId)
      if (asked && runningId) asked.answer.value = this.#answers.get(runningId) ?? null
      this.all.value = read
    })
  }

  #prepend(page: MessagePage): void {
    this.changed()
    batch(() => {
      const before = exchangesOf(page.messages, [], (message) => this.#answerOf(message))
      this.all.value = [...before, ...this.all.value]
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
}

const ignore = () => undefined
