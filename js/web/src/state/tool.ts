/** A tool being used by an answer. */

import { signal } from '@preact/signals'
import type { StepStatus, ToolUse } from '@rivulet/client'

import { PerFrame } from './frame.ts'

export class Tool {
  readonly id: string
  readonly name: string
  readonly status = signal<StepStatus | 'running'>('running')
  /** The arguments as they come in: JSON text, which nobody reads before it is whole. */
  draft = ''
  readonly input = signal<unknown>(undefined)
  readonly output = signal<unknown>(undefined)
  readonly error = signal<string | undefined>(undefined)
  /** Changes at most once per frame while arguments come in. */
  readonly changed = signal(0)
  #frame = new PerFrame(() => (this.changed.value += 1))

  constructor(id: string, name: string) {
    this.id = id
    this.name = name
  }

  static of(use: ToolUse): Tool {
    const tool = new Tool(use.id, use.name)
    tool.draft = use.draft ?? ''
    tool.called(use.input)
    if (use.status) tool.finished(use.status, use.output, use.error)
    return tool
  }

  write(delta: string): void {
    this.draft += delta
    this.#frame.ask()
  }

  called(input: unknown): void {
    this.input.value = input
  }

  finished(status: StepStatus, output: unknown, error: string | null | undefined): void {
    this.status.value = status
    this.output.value = output ?? undefined
    this.error.value = error ?? undefined
    this.#frame.now()
  }
}
