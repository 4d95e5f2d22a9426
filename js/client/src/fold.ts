/** What a log folds to: the same record that the server's own fold makes (PROTOCOL.md §7). */

import type {
  CitationAdded, Data, EventOf, Failure, FinishReason, Passage, StageFinished, StageStarted, Status, StepStatus, Timing, TurnEvent, Usage,
} from './events.ts'

export interface ToolUse {
  id: string
  name: string
  input?: unknown
  /** Missing while the tool runs. */
  status?: StepStatus
  output?: unknown
  error?: string
  /** Only from the server, and of a call that is not made yet: what has come of its arguments, as JSON text. */
  draft?: string
}

/** A turn, whole or so far; `seq` is the last event's number. */
export interface TurnState {
  turn_id: string
  chat_id: string
  message_id: string
  user_message_id: string
  model: string
  retry_of: string | null
  seq: number
  started_at: number
  status: Status | 'in_progress'
  finish_reason: FinishReason | null
  error: Failure | null
  usage: Usage | null
  timing: Timing | null
  text: string
  reasoning: string
  sources: Passage[]
  citations: CitationAdded[]
  /** From 0 to 1, how far the sources bear the answer out; null where nobody could say. */
  confidence: number | null
  tools: ToolUse[]
  stages: StageFinished[]
  data: Data[]
  /** Only from the server, and while the turn goes on: every stage that was begun. */
  stages_started?: StageStarted[]
  /** Likewise: the part in which `text` ends. */
  part_id?: string
}

export function fold(events: Iterable<TurnEvent>): TurnState {
  const folded = new Fold()
  for (const event of events) folded.add(event)
  return folded.turn()
}

/** A turn being folded event by event. Parts of text are joined by a blank line. */
export class Fold {
  #parts = new Map<string, string>()
  #tools = new Map<string, ToolUse>()
  #data = new Map<string | number, Data>()
  #turn: TurnState = {
    turn_id: '', chat_id: '', message_id: '', user_message_id: '', model: '', retry_of: null,
    seq: 0, started_at: 0, status: 'in_progress', finish_reason: null, error: null, usage: null, timing: null,
    text: '', reasoning: '', sources: [], citations: [], confidence: null, tools: [], stages: [], data: [],
  }

  /** The record of everything added so far. */
  turn(): TurnState {
    const { sources, citations, stages } = this.#turn
    return {
      ...this.#turn,
      text: [...this.#parts.values()].filter(Boolean).join('\n\n'),
      sources: [...sources],
      citations: [...citations],
      stages: [...stages],
      tools: [...this.#tools.values()],
      data: [...this.#data.values()],
    }
  }

  /** An event that has not the shape of its type is left out, as one of an unknown type is. */
  add(event: TurnEvent): void {
    this.#turn.seq = event.seq
    try {
      this.#add(event)
    } catch {
      return
    }
  }

  #add(event: TurnEvent): void {
    const turn = this.#turn
    switch (event.type) {
      case 'text.delta':
        this.#parts.set(event.part_id, (this.#parts.get(event.part_id) ?? '') + event.delta)
        return
      case 'text.started':
        this.#parts.set(event.part_id, '')
        return
      case 'reasoning.delta':
        turn.reasoning += event.delta
        return
      case 'sources.added':
        turn.sources.push(...event.sources)
        return
      case 'citation.added':
        turn.citations.push(event)
        return
      case 'stage.finished':
        turn.stages.push(event)
        return
      case 'tool.started':
        this.#tool(event.tool_call_id, { name: event.name })
        return
      case 'tool.called':
        this.#tool(event.tool_call_id, { input: event.input })
        return
      case 'tool.finished': {
        const { status = 'completed', output, error } = event
        this.#tool(event.tool_call_id, {
          status, ...(output != null && { output }), ...(error != null && { error }),
        })
        return
      }
      case 'data':
        this.#data.set(event.id ?? event.seq, event)
        if (event.name === 'grounding') turn.confidence = confidenceOf(event.data)
        return
      case 'turn.started':
        turn.turn_id = event.turn_id
        turn.chat_id = event.chat_id
        turn.message_id = event.message_id
        turn.user_message_id = event.user_message_id
        turn.model = event.model
        turn.retry_of = event.retry_of ?? null
        turn.started_at = event.at
        return
      case 'turn.finished':
        turn.status = event.status
        turn.finish_reason = event.finish_reason
        turn.error = event.error ?? null
        turn.usage = event.usage ?? {}
        turn.timing = event.timing ?? null
        return
      default:
        event satisfies EventOf<'stage.started' | 'reasoning.started' | 'reasoning.finished' | 'tool.input.delta' | 'text.finished'>
    }
  }

  #tool(id: string, change: Partial<ToolUse>): void {
    this.#tools.set(id, { id, name: '', ...this.#tools.get(id), ...change })
  }
}

/** Anybody's answerer may say what it likes in a `data` event: what is no number from 0 to 1 is none. */
function confidenceOf(figures: unknown): number | null {
  const found = (figures as { confidence?: unknown } | null)?.confidence
  return typeof found === 'number' && found >= 0 && found <= 1 ? found : null
}
