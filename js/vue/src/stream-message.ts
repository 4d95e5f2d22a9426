/** `streamMessage(…)`: one question with callbacks, for pages that were written for them. */

import { ChatError, createClient, isChatError, type Client, type ClientOptions } from '@rivulet/client'

export type StreamCode =
  | 'STREAM_TIMEOUT'
  | 'INVALID_CALLBACK'
  | 'CALLBACK_ERROR'
  | 'PARSE_ERROR'
  | 'NETWORK_ERROR'
  | `HTTP_${number}`
  | 'TIMEOUT'
  | 'RATE_LIMIT'
  | 'LLM_ERROR'
  | 'AUTH_ERROR'
  | 'CONNECTION_ERROR'
  | 'UNKNOWN'

/** `code` says what failed: this page, the way, or (the last six) the model. */
export class StreamError extends Error {
  override readonly name = 'StreamError'
  readonly code: StreamCode

  constructor(code: StreamCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}

export interface StreamMessageOptions extends ClientOptions {
  client?: Client
  /** The chat to go on with; kept up to date with the chat a question has begun. */
  chatId?: string | undefined
  /** Without a first word after this time a question has failed. */
  firstTokenMs?: number
}

export interface Completed {
  model: string
  totalTokens: number
}

/** Returns how to clean up: nothing is called from then on. The turn goes on, and is found in its chat. */
export type StreamMessage = (
  text: string,
  onToken: (token: string) => void,
  onComplete: (about: Completed) => void,
  onError: (error: StreamError) => void,
  history?: readonly { sender: 'user' | 'system'; text: string }[],
  model?: string,
) => () => void

const FIRST_TOKEN_MS = 30_000

/** Makes a `streamMessage` for one server. */
export function streamMessageWith(options: StreamMessageOptions = {}): StreamMessage {
  const client = options.client ?? createClient(options)
  return (text, onToken, onComplete, onError, history = [], model) => {
    if ([onToken, onComplete, onError].some((callback) => typeof callback !== 'function')) {
      const problem = new StreamError('INVALID_CALLBACK', 'onToken, onComplete and onError must be functions.')
      if (typeof onError !== 'function') throw problem
      onError(problem)
      return () => {}
    }
    const leaving = new AbortController()
    const fail = (error: StreamError) => {
      if (leaving.signal.aborted) return
      // Before the callback is called: it may throw.
      leaving.abort()
      onError(error)
    }
    const late = () => fail(new StreamError('STREAM_TIMEOUT', 'The server has not said a word in time.'))
    const timer = setTimeout(late, options.firstTokenMs ?? FIRST_TOKEN_MS)
    leaving.signal.addEventListener('abort', () => clearTimeout(timer))
    const call = <Value>(callback: (value: Value) => void, value: Value) => {
      try {
        callback(value)
      } catch (problem) {
        throw new StreamError('CALLBACK_ERROR', 'A callback has failed.', problem)
      }
    }
    const run = async () => {
      const question = {
        input: text,
        ...(model && { model }),
        ...(options.chatId && { chat_id: options.chatId }),
        ...(history.length && { history: history.map(({ sender, text }) => ({ role: ROLES[sender], text })) }),
      }
      const turn = await client.turns.create(question, { signal: leaving.signal })
      options.chatId = turn.receipt?.chat_id
      for await (const token of turn.text) {
        clearTimeout(timer)
        call(onToken, token)
      }
      const { usage, model: used } = await turn.final()
      call(onComplete, { model: used, totalTokens: usage?.total_tokens ?? 0 })
      leaving.abort()
    }
    run().catch((problem: unknown) => fail(problem instanceof StreamError ? problem : streamError(problem)))
    return () => leaving.abort()
  }
}

const ROLES = { user: 'user', system: 'assistant' } as const

/** The model's failures by their PROTOCOL.md §9 codes. */
const CODES: Record<string, StreamCode> = {
  network: 'NETWORK_ERROR',
  timeout: 'TIMEOUT',
  upstream_timeout: 'TIMEOUT',
  rate_limited: 'RATE_LIMIT',
  upstream_auth: 'AUTH_ERROR',
  upstream_unreachable: 'CONNECTION_ERROR',
  upstream_protocol: 'LLM_ERROR',
  upstream_truncated: 'LLM_ERROR',
  upstream_failed: 'LLM_ERROR',
  model_not_found: 'LLM_ERROR',
  context_length: 'LLM_ERROR',
  content_filter: 'LLM_ERROR',
}

function streamError(problem: unknown): StreamError {
  if (!isChatError(problem)) return new StreamError('UNKNOWN', 'Something went wrong on this page.', problem)
  if (problem.cause instanceof SyntaxError) return new StreamError('PARSE_ERROR', problem.message, problem)
  return new StreamError(codeOf(problem), problem.message, problem)
}

function codeOf({ status, code }: ChatError): StreamCode {
  return status ? `HTTP_${status}` : (CODES[code] ?? 'UNKNOWN')
}
