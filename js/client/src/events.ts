/** The vocabulary of a turn (PROTOCOL.md §3) as one union; a field with its default value may be missing. */

export type Status = 'completed' | 'incomplete' | 'failed' | 'cancelled'
export type FinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls' | 'error' | 'cancelled'
export type StepStatus = 'completed' | 'failed' | 'cancelled'

/** One piece of knowledge shown to the answerer; `n` is the number its `[n]` marks use. */
export interface Passage {
  id: string
  n: number
  source_id: string
  document_id: string
  chunk_id: string
  title: string
  url: string
  text: string
  score: number
  filename?: string
  media_type?: string
  /** Where the passage stands in the document's text, in Unicode code points. */
  start?: number
  end?: number
  page?: number
  rerank_score?: number
  metadata?: Record<string, unknown>
}

/** Token counts; one that is missing is 0 or unknown. */
export interface Usage {
  input_tokens?: number
  output_tokens?: number
  total_tokens?: number
  reasoning_tokens?: number
  cached_input_tokens?: number
  cache_write_input_tokens?: number
  estimated?: boolean
  /** By the operator's price list; missing without a price and where nobody counted. */
  cost?: Cost | null
}

/** `currency` is three letters, as in ISO 4217. */
export interface Cost {
  amount: number
  currency: string
}

export interface Timing {
  duration_ms: number
  time_to_first_token_ms?: number
}

export interface Failure {
  code: string
  message: string
  retryable?: boolean
  /** Of `upstream_timeout`: when the model's service went silent. */
  phase?: 'first_token' | 'mid_stream'
  /** Seconds the model's service asked to be left alone. */
  retry_after?: number
}

interface Envelope<Type extends string> {
  type: Type
  /** 1, 2, 3… without a gap within the turn. */
  seq: number
  /** Milliseconds since 1970. */
  at: number
}

export interface TurnStarted extends Envelope<'turn.started'> {
  turn_id: string
  chat_id: string
  message_id: string
  user_message_id: string
  model: string
  bot_id?: string
  retry_of?: string
}

export interface StageStarted extends Envelope<'stage.started'> {
  stage: string
  stage_id: string
  label?: string
}

export interface StageFinished extends Envelope<'stage.finished'> {
  stage: string
  stage_id: string
  status?: StepStatus
  duration_ms?: number
  detail?: Record<string, unknown>
}

export interface SourcesAdded extends Envelope<'sources.added'> {
  sources: Passage[]
}

export interface PartEvent<Type extends string> extends Envelope<Type> {
  part_id: string
}

export interface DeltaEvent<Type extends string> extends PartEvent<Type> {
  delta: string
}

export interface ToolStarted extends Envelope<'tool.started'> {
  tool_call_id: string
  name: string
  runs_on?: 'server' | 'client'
}

export interface ToolInputDelta extends Envelope<'tool.input.delta'> {
  tool_call_id: string
  /** A piece of the call's arguments, as JSON text. */
  delta: string
}

export interface ToolCalled extends Envelope<'tool.called'> {
  tool_call_id: string
  name: string
  input: unknown
}

export interface ToolFinished extends Envelope<'tool.finished'> {
  tool_call_id: string
  status?: StepStatus
  output?: unknown
  error?: string
}

export interface CitationAdded extends PartEvent<'citation.added'> {
  source_id: string
  n: number
  /** Where the `[n]` mark stands in the text of the part, in Unicode code points. */
  start: number
  end: number
  claim_start?: number
  quote?: string
  support?: number
}

export interface Data extends Envelope<'data'> {
  name: string
  data: unknown
  id?: string
  transient?: boolean
}

/** The one terminal event, always the last. */
export interface TurnFinished extends Envelope<'turn.finished'> {
  status: Status
  finish_reason: FinishReason
  error?: Failure
  usage?: Usage
  timing?: Timing
}

export type TurnEvent =
  | TurnStarted
  | StageStarted
  | StageFinished
  | SourcesAdded
  | PartEvent<'reasoning.started'>
  | DeltaEvent<'reasoning.delta'>
  | PartEvent<'reasoning.finished'>
  | ToolStarted
  | ToolInputDelta
  | ToolCalled
  | ToolFinished
  | PartEvent<'text.started'>
  | DeltaEvent<'text.delta'>
  | PartEvent<'text.finished'>
  | CitationAdded
  | Data
  | TurnFinished

/** The event of one type. */
export type EventOf<Type extends TurnEvent['type']> = Extract<TurnEvent, { type: Type }>

const TYPES: Record<TurnEvent['type'], true> = {
  'turn.started': true, 'stage.started': true, 'stage.finished': true, 'sources.added': true,
  'reasoning.started': true, 'reasoning.delta': true, 'reasoning.finished': true,
  'tool.started': true, 'tool.input.delta': true, 'tool.called': true, 'tool.finished': true,
  'text.started': true, 'text.delta': true, 'text.finished': true,
  'citation.added': true, 'data': true, 'turn.finished': true,
}

/** Whether this client knows the event's type; a newer server may have more. */
export function isKnown(event: { type: string }): event is TurnEvent {
  return Object.hasOwn(TYPES, event.type)
}
