/** A chat as a page shows it, for any framework: questions go in, snapshots come out, at most one a frame. */

import { createClient, type Client } from './client.ts'
import type { ClientOptions } from './api.ts'
import { ChatError, isChatError } from './error.ts'
import type { CitationAdded, Passage, Status, TurnEvent, Usage } from './events.ts'
import { Fold, type ToolUse } from './fold.ts'
import type { Connection, FollowOptions, Trouble } from './follow.ts'
import type { Message, Question } from './resources.ts'
import type { Turn } from './turn.ts'

export interface ChatOptions extends ClientOptions {
  /** A client that is there already; without it one is made of the other options. */
  client?: Client
  /** The chat to go on with; without it the first question begins a new one. */
  chatId?: string | undefined
  /** How questions are answered: `model`, `source_ids` and what else PROTOCOL.md §2.1 has. */
  question?: Omit<Question, 'input' | 'chat_id'>
  /** Told the id of a chat that was begun, to keep it for the next visit. */
  onChat?: (id: string) => void
  onEvent?: (event: TurnEvent) => void
  onFinish?: (message: ChatMessage) => void
  onError?: (error: ChatError) => void
}

export type Part = { type: 'reasoning' | 'text'; text: string } | ({ type: 'tool' } & ToolUse)

export interface ChatMessage {
  readonly id: string
  readonly role: 'user' | 'assistant'
  readonly parts: readonly Part[]
  /** The text of all text parts. */
  readonly text: string
  /** The turn it belongs to; missing until the server has taken the question. */
  readonly turnId?: string
  /** How an answer ended; missing while it is written. */
  readonly status?: Status
  readonly sources: readonly Passage[]
  readonly citations: readonly CitationAdded[]
  readonly usage?: Usage
}

export type ChatStatus = 'submitted' | 'streaming' | 'ready' | 'error'

export interface Stage {
  readonly name: string
  readonly label: string | undefined
}

/** `reconnecting` is said after a second without a connection; `offline` when the browser has no network. */
export type ChatConnection = 'open' | 'reconnecting' | 'offline'

export interface ChatSnapshot {
  readonly chatId: string | undefined
  readonly messages: readonly ChatMessage[]
  readonly status: ChatStatus
  readonly error: ChatError | undefined
  /** What is being done for the answer until its first word. */
  readonly stage: Stage | undefined
  /** Those of the newest answer. */
  readonly sources: readonly Passage[]
  readonly usage: Usage | undefined
  readonly connection: ChatConnection
  /** While it is not open: what is wrong, and since when; a status says that something answers, but not as it should. */
  readonly trouble: Trouble | undefined
  readonly inputDisabled: boolean
}

/** What can be done with a chat, by the AI SDK's names: what a hook or a composable hands on as it is. */
export type ChatVerbs = Pick<
  LiveChat, 'sendMessage' | 'stop' | 'regenerate' | 'resumeStream' | 'setMessages' | 'clearError' | 'startNew'
>

/** The options of a hook or a composable. */
export interface UseChatOptions extends ChatOptions {
  /** Whether a chat that is named is read back at once, which is the standard. */
  resume?: boolean
}

/** Of a chat that is read back: what a page can show at once, and more than anybody has said to it. */
const LONGEST = { limit: 500 }

/** A connection that is back within this time was never worth a word. */
const PATIENCE_MS = 1000

let made = 0

export class LiveChat {
  readonly client: Client
  readonly #options: ChatOptions
  readonly #listeners = new Set<() => void>()
  #snapshot: ChatSnapshot
  #leaving = new AbortController()
  #running: { turn?: Turn; wantsStop: boolean } | undefined
  #cancelFrame: (() => void) | undefined
  #lost: ReturnType<typeof setTimeout> | undefined
  #trouble: Trouble | undefined

  constructor(options: ChatOptions = {}) {
    this.#options = options
    this.client = options.client ?? createClient(options)
    this.#snapshot = {
      chatId: options.chatId, messages: [], status: 'ready', error: undefined, stage: undefined, sources: [],
      usage: undefined, connection: 'open', trouble: undefined, inputDisabled: false,
    }
  }

  /** The present state; another object only when something has changed. */
  snapshot = (): ChatSnapshot => this.#snapshot

  get verbs(): ChatVerbs {
    const { sendMessage, stop, regenerate, resumeStream, setMessages, clearError, startNew } = this
    return { sendMessage, stop, regenerate, resumeStream, setMessages, clearError, startNew }
  }

  /** Calls `listener` after each change; returns how to stop that. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Shows the question at once and resolves when its answer has ended. While one is written nothing is sent. */
  sendMessage = async ({ text }: { text: string }): Promise<void> => {
    if (this.#running || !text.trim()) return
    const asked: ChatMessage = { id: `new-${++made}`, role: 'user', parts: partsOf(text), text, sources: [], citations: [] }
    const { chatId, messages } = this.#snapshot
    this.#set({ messages: [...messages, asked] })
    const question: Question = { ...this.#options.question, input: text, ...(chatId && { chat_id: chatId }) }
    await this.#answer((following) => this.client.turns.create(question, following))
  }

  /** Asks the last question again; what was answered is replaced on the screen and kept on the server. Where there
   *  is no question because the chat could not be read back, it is read back. */
  regenerate = async (): Promise<void> => {
    if (this.#running) return
    const { messages } = this.#snapshot
    const at = messages.findLastIndex(({ role }) => role === 'user')
    const asked = messages[at]
    if (!asked) return this.resumeStream()
    const turnId = messages.findLast((message) => message.turnId)?.turnId
    const isTaken = asked.turnId !== undefined && turnId !== undefined
    this.#set({ messages: messages.slice(0, isTaken ? at + 1 : at) })
    if (isTaken) await this.#answer((following) => this.client.turns.retry(turnId, following))
    else await this.sendMessage(asked)
  }

  /** Ends the running answer on the server, also before its first word; what was written stays. */
  stop = async (): Promise<void> => {
    const running = this.#running
    if (!running) return
    running.wantsStop = true
    try {
      await running.turn?.stop()
    } catch (problem) {
      this.#set({ error: asChatError(problem) })
    }
  }

  /** Reads the chat back and goes on following what is still being written. */
  resumeStream = async (): Promise<void> => {
    const { chatId } = this.#snapshot
    if (!chatId || this.#running) return
    const { signal } = this.#leaving
    if (this.#snapshot.error) this.clearError()
    try {
      const { messages, running_turn_id: turnId } = await this.client.chats.messages(chatId, LONGEST, signal)
      if (this.#running) return
      this.#set({ messages: messages.map(shown), sources: messages.findLast(isAnswer)?.sources ?? [] })
      if (turnId) await this.#answer((following) => this.client.turns.follow(turnId, following))
    } catch (problem) {
      if (!signal.aborted) this.#fail(asChatError(problem))
    }
  }

  /** For messages that are kept elsewhere. */
  setMessages = (messages: readonly ChatMessage[] | ((now: readonly ChatMessage[]) => readonly ChatMessage[])): void =>
    this.#set({ messages: typeof messages === 'function' ? messages(this.#snapshot.messages) : messages })

  clearError = (): void => this.#set({ error: undefined, ...(!this.#running && { status: 'ready' }) })

  /** An empty chat; what is being written here goes on there. */
  startNew = (): void => {
    this.leave()
    this.#set({ chatId: undefined, messages: [], status: 'ready', error: undefined, stage: undefined, sources: [], usage: undefined })
  }

  /** Stops the following and never a turn. `resumeStream` takes it up again. */
  leave = (): void => {
    this.#leaving.abort()
    this.#leaving = new AbortController()
    this.#running = undefined
    this.#cancelFrame?.()
    this.#cancelFrame = undefined
    this.#connected('open')
  }

  async #answer(begin: (following: FollowOptions) => Turn | Promise<Turn>) {
    const { signal } = this.#leaving
    const running: { turn?: Turn; wantsStop: boolean } = (this.#running = { wantsStop: false })
    const following: FollowOptions = { signal, onConnection: (...now) => this.#connected(...now) }
    this.#set({ status: 'submitted', error: undefined, stage: undefined, sources: [], usage: undefined })
    try {
      const turn = (running.turn = await begin(following))
      signal.throwIfAborted()
      this.#taken(turn)
      if (running.wantsStop) void this.stop()
      await this.#follow(turn)
    } catch (problem) {
      if (signal.aborted) return
      this.#running = undefined
      this.#connected('open')
      this.#fail(asChatError(problem))
    }
  }

  /** The server has the question: the chat and its message have their ids. */
  #taken({ id, receipt }: Turn): void {
    const { chatId, messages } = this.#snapshot
    if (!receipt) return
    const named = (message: ChatMessage) => ({ ...message, id: receipt.user_message_id, turnId: id })
    this.#set({
      chatId: receipt.chat_id,
      messages: messages.map((message, i) => (i === messages.length - 1 && message.role === 'user' && !message.turnId ? named(message) : message)),
    })
    if (chatId !== receipt.chat_id) this.#options.onChat?.(receipt.chat_id)
  }

  async #follow(turn: Turn): Promise<void> {
    const folded = new Fold()
    const show = () => this.#show(folded)
    for await (const event of turn) {
      folded.add(event)
      this.#options.onEvent?.(event)
      if (event.type === 'stage.started') this.#set({ stage: { name: event.stage, label: event.label } })
      if (event.type !== 'turn.finished') {
        this.#cancelFrame ??= nextFrame(() => {
          this.#cancelFrame = undefined
          show()
        })
        continue
      }
      this.#running = undefined
      this.#connected('open')
      show()
      const error = event.error && new ChatError(event.error.code, event.error.message, {
        retryable: event.error.retryable ?? false, requestId: turn.requestId,
      })
      if (error && event.status === 'failed') this.#fail(error)
      else this.#set({ status: 'ready' })
      const answer = this.#snapshot.messages.at(-1)
      if (answer?.role === 'assistant') this.#options.onFinish?.(answer)
    }
  }

  #show(folded: Fold): void {
    this.#cancelFrame?.()
    this.#cancelFrame = undefined
    const { messages } = this.#snapshot
    const turn = folded.turn()
    const { turn_id: turnId, message_id: id, text, sources, citations, usage } = turn
    const parts = [
      ...(turn.reasoning ? [{ type: 'reasoning', text: turn.reasoning } as const] : []),
      ...turn.tools.map((tool) => ({ type: 'tool', ...tool }) as const),
      ...partsOf(text),
    ]
    const isOver = turn.status !== 'in_progress'
    const answer: ChatMessage = {
      id, role: 'assistant', parts, text, turnId, sources, citations,
      ...(turn.status !== 'in_progress' && { status: turn.status }), ...(usage && { usage }),
    }
    this.#set({
      sources,
      ...((parts.length || isOver) && { messages: [...messages.filter((message) => message.id !== id), answer] }),
      ...(text && !isOver && { status: 'streaming' }),
      ...((text || isOver) && { stage: undefined }),
      ...(usage && { usage }),
    })
  }

  #fail(error: ChatError): void {
    this.#set({ status: 'error', error, stage: undefined })
    this.#options.onError?.(error)
  }

  #connected(state: Connection, trouble?: Trouble): void {
    this.#trouble = trouble
    if (state === 'open') {
      clearTimeout(this.#lost)
      this.#lost = undefined
      if (this.#snapshot.connection !== 'open') this.#set({ connection: 'open', trouble })
    } else {
      const isOffline = () => globalThis.navigator?.onLine === false
      const tell = () => this.#set({ connection: isOffline() ? 'offline' : 'reconnecting', trouble: this.#trouble })
      if (this.#snapshot.connection !== 'open') tell()
      else this.#lost ??= setTimeout(tell, PATIENCE_MS)
    }
  }

  #set(change: Partial<ChatSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change, inputDisabled: this.#running !== undefined }
    for (const listener of [...this.#listeners]) listener()
  }
}

/** Once the browser paints, or soon where nothing is painted. */
function nextFrame(work: () => void): () => void {
  if (typeof requestAnimationFrame === 'undefined' || document.visibilityState === 'hidden') {
    const timer = setTimeout(work, 50)
    return () => clearTimeout(timer)
  }
  const frame = requestAnimationFrame(work)
  return () => cancelAnimationFrame(frame)
}

const isAnswer = ({ role }: { role: string }) => role === 'assistant'

const partsOf = (text: string): Part[] => (text ? [{ type: 'text', text }] : [])

function shown({ id, role, text, turn_id: turnId, status, sources = [], citations = [], usage }: Message): ChatMessage {
  return { id, role, parts: partsOf(text), text, turnId, sources, citations, ...(status && { status }), ...(usage && { usage }) }
}

function asChatError(problem: unknown): ChatError {
  return isChatError(problem) ? problem : new ChatError('client', 'Something went wrong on this page.', { cause: problem })
}
