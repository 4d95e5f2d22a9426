/** One attempt at answering a question, live or read back: what the page shows of a turn. */

import { batch, computed, signal } from '@preact/signals'
import type { CitationAdded, Failure, Message, Passage, Status, Timing, ToolUse, TurnEvent, Usage } from '@rivulet/client'

import { PerFrame } from './frame.ts'

export type Phase = 'waiting' | 'writing' | 'stopping' | 'finished'

export interface Stage {
  name: string
  label: string | undefined
  since: number
}

let made = 0

export class Answer {
  /** Tells this object from others on the page, also before the server has named its turn. */
  readonly key = ++made
  /** Filled as soon as the server has taken the question. */
  turnId = ''
  /** The request that started the turn, if this page made it. */
  requestId: string | undefined
  text = ''
  reasoning = ''
  readonly phase = signal<Phase>('waiting')
  readonly stage = signal<Stage | null>(null)
  readonly sources = signal<readonly Passage[]>([])
  /** In the order of their marks in the text. */
  readonly citations = signal<readonly CitationAdded[]>([])
  /** The numbers of the sources that the text cites. */
  readonly cited = computed<ReadonlySet<number>>(() => new Set(this.citations.value.map(({ n }) => n)))
  readonly tools = signal<readonly ToolUse[]>([])
  readonly status = signal<Status | null>(null)
  readonly failure = signal<Failure | null>(null)
  readonly usage = signal<Usage | null>(null)
  readonly timing = signal<Timing | null>(null)
  readonly model = signal('')
  /** Changes at most once per frame while text comes in. */
  readonly changed = signal(0)
  #frame = new PerFrame(() => (this.changed.value += 1))
  #stages: Stage[] = []
  #part = ''

  static of(message: Message): Answer {
    const answer = new Answer()
    answer.turnId = message.turn_id
    answer.text = message.text
    answer.sources.value = message.sources ?? []
    answer.citations.value = message.citations ?? []
    answer.status.value = message.status ?? null
    answer.failure.value = message.error ?? null
    answer.usage.value = message.usage ?? null
    answer.timing.value = message.timing ?? null
    answer.model.value = message.model ?? ''
    answer.phase.value = 'finished'
    return answer
  }

  get isRunning(): boolean {
    return this.phase.value !== 'finished'
  }

  take(event: TurnEvent): void {
    batch(() => this.#take(event))
  }

  /** Ends an attempt that the server never took, or that cannot be followed. */
  fail(failure: Failure): void {
    this.#finish('failed', failure)
  }

  #take(event: TurnEvent): void {
    switch (event.type) {
      case 'text.delta':
        this.#say(event.part_id, event.delta)
        return
      case 'reasoning.delta':
        this.reasoning += event.delta
        this.#frame.ask()
        return
      case 'turn.started':
        this.turnId = event.turn_id
        this.model.value = event.model
        return
      case 'stage.started':
        this.#stages.push({ name: event.stage, label: event.label, since: Date.now() })
        this.stage.value = this.#stages.at(-1) ?? null
        return
      case 'stage.finished':
        this.#stages = this.#stages.filter(({ name }) => name !== event.stage)
        this.stage.value = this.#stages.at(-1) ?? this.stage.value
        return
      case 'sources.added':
        this.sources.value = [...this.sources.value, ...event.sources]
        return
      case 'citation.added':
        this.citations.value = [...this.citations.value, event]
        return
      case 'tool.started':
        this.tools.value = [...this.tools.value, { id: event.tool_call_id, name: event.name }]
        return
      case 'tool.called':
        this.#tool(event.tool_call_id, { input: event.input })
        return
      case 'tool.finished': {
        const { status = 'completed', output, error } = event
        this.#tool(event.tool_call_id, { status, ...(output != null && { output }), ...(error && { error }) })
        return
      }
      case 'turn.finished':
        this.usage.value = event.usage ?? null
        this.timing.value = event.timing ?? null
        this.#finish(event.status, event.error ?? null)
        return
      case 'text.started':
      case 'text.finished':
      case 'reasoning.started':
      case 'reasoning.finished':
      case 'tool.input.delta':
      case 'data':
        return
      default:
        event satisfies never
    }
  }

  #say(part: string, delta: string): void {
    if (!delta) return
    if (this.#part && this.#part !== part && this.text) this.text += '\n\n'
    this.#part = part
    this.text += delta
    if (this.phase.value === 'waiting') this.phase.value = 'writing'
    this.#frame.ask()
  }

  #tool(id: string, change: Partial<ToolUse>): void {
    this.tools.value = this.tools.value.map((tool) => (tool.id === id ? { ...tool, ...change } : tool))
  }

  #finish(status: Status, failure: Failure | null): void {
    this.status.value = status
    this.failure.value = failure
    this.stage.value = null
    this.phase.value = 'finished'
    this.#frame.now()
  }
}
