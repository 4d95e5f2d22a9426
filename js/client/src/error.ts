/** What can go wrong between a client and its server, as one class with its guard. */

/** `code` is one of PROTOCOL.md §9, or `network` when no answer came, or `http` when it was not Rivulet's. */
export class ChatError extends Error {
  override readonly name = 'ChatError'
  readonly code: string
  /** Whether the same request may succeed later. */
  readonly retryable: boolean
  /** The HTTP status; 0 when there was no answer, and for an error that a turn ended with. */
  readonly status: number
  readonly requestId: string | undefined
  /** The other fields of the server's error, such as the `turn_id` of `chat_busy`. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: string,
    message: string,
    facts: { retryable?: boolean; status?: number; requestId?: string | undefined; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, { cause: facts.cause })
    this.code = code
    this.retryable = facts.retryable ?? false
    this.status = facts.status ?? 0
    this.requestId = facts.requestId
    this.details = facts.details ?? {}
  }
}

export function isChatError(problem: unknown): problem is ChatError {
  return problem instanceof ChatError
}

/** The error a response with a bad status stands for; also reads pages that are not the server's. */
export async function errorOf(response: Response): Promise<ChatError> {
  const { status } = response
  const body: unknown = await response.json().catch(() => undefined)
  const error = (body as { error?: Record<string, unknown> } | undefined)?.error
  const { code, message, request_id: requestId, ...details } = error ?? {}
  const id = requestId ?? response.headers.get('x-request-id')
  // Overload, a restart, a proxy that lost its server, a full disk: these pass by themselves.
  const retryable = status === 429 || status >= 500
  return new ChatError(
    typeof code === 'string' ? code : 'http',
    typeof message === 'string' ? message : `The server answered ${status}.`,
    { status, details, retryable, requestId: typeof id === 'string' ? id : undefined },
  )
}

/** The record that a good response holds; a page of somebody else's holds none. */
export async function recordOf<Body>(response: Response): Promise<Body> {
  try {
    return (await response.json()) as Body
  } catch (cause) {
    if (cause instanceof DOMException) throw cause
    throw cause instanceof SyntaxError ? unreadable(response, cause) : lost(cause)
  }
}

/** Something that is no answer of the server's; a page of somebody else's may pass by itself. */
export function unreadable({ status }: Response, cause?: unknown): ChatError {
  return new ChatError('http', 'The answer cannot be read.', { status, retryable: true, cause })
}

/** Nobody answered, or nobody to the end. */
export function lost(cause?: unknown): ChatError {
  return new ChatError('network', 'The server cannot be reached.', { retryable: true, cause })
}
