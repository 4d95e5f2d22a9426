/** One attempt at answering a question, live or read back: what the page shows of a turn. */

import { batch, computed, signal } from '@preact/signals'
import type {
  CitationAdded, Failure, Feedback, Message, Passage, StageFinished, StageStarted, Status, StepStatus, Timing, TurnEvent, TurnState, Usage,
} from '@rivulet/client'

import { Burst, PerFrame } from './frame.ts'
import { Tool } from './tool.ts'

export type Phase = 'waiting' | 'writing' | 'stopping' | 'finished'

/** A stage on the way to the answer; without a duration it goes on. */
export interface Step {
  id: string
  name: string
  label: string | undefined
  status: StepStatus | 'running'
  duration: number | undefined
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
  /** By this page's own clock, whatever the server's says. */
  readonly since = performance.now()
  readonly phase = signal<Phase>('waiting')
  readonly steps = signal<readonly Step[]>([])
  /** What is being done: the last step that goes on, or else the last there was. */
  readonly stage = computed(() => this.steps.value.findLast(({ status }) => status === 'running') ?? this.steps.value.at(-1) ?? null)
  readonly sources = signal<readonly Passage[]>([])
  /** In the order of their marks in the text. */
  readonly citations = signal<readonly CitationAdded[]>([])
  /** The numbers of the sources that the text cites. */
  readonly cited = computed<ReadonlySet<number>>(() => new Set(this.citations.value.map(({ n }) => n)))
  readonly tools = signal<readonly Tool[]>([])
  readonly status = signal<Status | null>(null)
  readonly failure = signal<Failure | null>(null)
  readonly usage = signal<Usage | null>(null)
  readonly timing = signal<Timing | null>(null)
  readonly model = signal('')
  readonly feedback = signal<Feedback | null>(null)
  /** The whole turn as the server keeps it, once somebody wanted to know. */
  readonly turn = signal<TurnState | null>(null)
  /** Changes at most once per frame while text comes in. */
  readonly changed = signal(0)
  #frame = new PerFrame(() => (this.changed.value += 1))
  #part = ''
  /** Of an answer that was begun before this page: its text so far is shown when all of it has come. */
  #burst: Burst | null

  constructor(isResumed = false) {
    this.#burst = isResumed ? new Burst(() => this.#begin()) : null
  }

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
    answer.feedback.value = message.feedback ?? null
    answer.phase.value = 'finished'
    return answer
  }

  get isRunning(): boolean {
    return this.phase.value !== 'finished'
  }

  take(event: TurnEvent): void {
    batch(() => {
      try {
        this.#take(event)
      } catch (problem) {
        console.warn('An event has not the shape of its type and is left out.', event, problem)
      }
    })
  }

  /** Ends an attempt that the server never took, or that cannot be followed. */
  fail(failure: Failure): void {
    batch(() => this.#finish('failed', failure))
  }

  /** Everything that the server has of it so far, at once; events go on after the turn's `seq`. */
  resume(turn: TurnState): void {
    const steps = stepsOf(turn)
    const tools = turn.tools.map((use) => Tool.of(use))
    batch(() => {
      this.model.value = turn.model
      this.text = turn.text
      this.reasoning = turn.reasoning
      this.#part = turn.part_id ?? ''
      this.#burst = null
      this.steps.value = steps
      this.tools.value = tools
      this.sources.value = turn.sources
      this.citations.value = turn.citations
      if (turn.status !== 'in_progress') this.#end(turn.status, turn)
      else if (turn.text) this.#begin()
      else this.#frame.ask()
    })
  }

  /** What a message does not tell: how the answer came about. */
  recall(turn: TurnState): void {
    batch(() => {
      this.turn.value = turn
      if (!this.steps.value.length) this.steps.value = stepsOf(turn)
      if (!this.tools.value.length) this.tools.value = turn.tools.map((use) => Tool.of(use))
      this.reasoning ||= turn.reasoning
      this.changed.value += 1
    })
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
        this.steps.value = [...this.steps.value, begun(event)]
        return
      case 'stage.finished':
        this.steps.value = this.steps.value.map((step) => (step.id === event.stage_id ? { ...stepOf(event), label: step.label } : step))
        return
      case 'sources.added':
        this.sources.value = [...this.sources.value, ...event.sources]
        return
      case 'citation.added':
        this.citations.value = [...this.citations.value, event]
        return
      case 'tool.started':
        this.tools.value = [...this.tools.value, new Tool(event.tool_call_id, event.name)]
        return
      case 'tool.input.delta':
        this.#tool(event.tool_call_id)?.write(event.delta)
        return
      case 'tool.called':
        this.#tool(event.tool_call_id)?.called(event.input)
        return
      case 'tool.finished':
        this.#tool(event.tool_call_id)?.finished(event.status ?? 'completed', event.output, event.error)
        return
      case 'turn.finished':
        this.#end(event.status, event)
        return
      case 'text.started':
      case 'text.finished':
      case 'reasoning.started':
      case 'reasoning.finished':
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
    if (this.phase.value !== 'waiting') this.#frame.ask()
    else if (this.#burst) this.#burst.more()
    else this.#begin()
  }

  #begin(): void {
    if (this.phase.value === 'waiting') this.phase.value = 'writing'
    this.#frame.ask()
  }

  #tool(id: string): Tool | undefined {
    return this.tools.value.findLast((tool) => tool.id === id)
  }

  #end(status: Status, { usage, timing, error }: Partial<Pick<TurnState, 'usage' | 'timing' | 'error'>>): void {
    this.usage.value = usage ?? null
    this.timing.value = timing ?? null
    this.#finish(status, error ?? null)
  }

  #finish(status: Status, failure: Failure | null): void {
    this.status.value = status
    this.failure.value = failure
    this.phase.value = 'finished'
    this.#frame.now()
  }
}

/** A turn that has ended says no more which stages were begun: they were all finished. */
function stepsOf({ stages, stages_started: started }: TurnState): Step[] {
  const finished = new Map(stages.map((stage) => [stage.stage_id, stepOf(stage)]))
  if (!started) return [...finished.values()]
  return started.map((stage) => ({ ...(finished.get(stage.stage_id) ?? begun(stage)), label: stage.label }))
}

function begun({ stage_id: id, stage: name, label }: StageStarted): Step {
  return { id, name, label, status: 'running', duration: undefined }
}

function stepOf({ stage_id: id, stage: name, status = 'completed', duration_ms: duration = 0 }: StageFinished): Step {
  return { id, name, label: undefined, status, duration }
}
