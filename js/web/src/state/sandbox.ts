/** One run of an artifact in its frame: what it reports, and whether it still answers. Everything that comes out of
 * the frame was written by the artifact and is treated so. */

import { signal } from '@preact/signals'

import type { Artifact } from './artifacts.ts'

export interface Problem {
  kind: 'error' | 'blocked' | 'console'
  message: string
  /** Within the artifact's code, from 1; 0 when nobody knows. */
  line: number
}

/** Enough to see what is wrong; a loop that complains would fill the page. */
const MOST = 100
const LONGEST = 2000
/** The first paint of a page that loads nothing takes milliseconds; a frame that has not come by then never will. */
const PATIENCE_MS = 4000
/** The origin of a frame that may run scripts and nothing else. */
const OPAQUE = 'null'
/** A page that is busy for this long has lost itself: what people do in it takes milliseconds. */
const PULSE_MS = 1500

export class Run {
  readonly state = signal<'starting' | 'running' | 'stuck' | 'stopped'>('starting')
  readonly problems = signal<readonly Problem[]>([])
  #artifact: Artifact
  #frame: HTMLIFrameElement | null = null
  #timer: number | undefined
  /** Asked and not answered yet; a frame that has never answered is one that cannot. */
  #unanswered = 0
  #canAnswer = false

  constructor(artifact: Artifact) {
    this.#artifact = artifact
  }

  /** Listens to this frame, and to no other, until `stop`. */
  begin(frame: HTMLIFrameElement): void {
    this.#frame = frame
    addEventListener('message', this.#heard)
    const since = performance.now()
    this.#timer = window.setInterval(() => this.#ask(performance.now() - since), PULSE_MS)
  }

  stop(): void {
    removeEventListener('message', this.#heard)
    clearInterval(this.#timer)
    this.state.value = 'stopped'
  }

  #ask(running: number): void {
    const isLate = this.state.value === 'starting' ? running > PATIENCE_MS : this.#canAnswer && this.#unanswered > 1
    if (isLate) this.state.value = 'stuck'
    this.#unanswered += 1
    this.#frame?.contentWindow?.postMessage({ type: 'rivulet.ping' }, '*')
  }

  #heard = (event: MessageEvent<unknown>): void => {
    const window = this.#frame?.contentWindow
    if (!window || event.source !== window || event.origin !== OPAQUE || !isReport(event.data)) return
    const { event: name, message, line, level } = event.data
    if (name === 'ready') window.postMessage({ type: 'rivulet.run', language: this.#artifact.language, code: this.#artifact.code }, '*')
    else if (name === 'loaded') this.state.value = 'running'
    else if (name === 'pong') this.#answered()
    else if (name === 'error' || name === 'blocked') this.#add({ kind: name, message: textOf(message), line: lineOf(line) })
    else if (name === 'console' && level === 'error') this.#add({ kind: 'console', message: textOf(message), line: lineOf(line) })
  }

  #answered(): void {
    this.#unanswered = 0
    this.#canAnswer = true
    if (this.state.value === 'stuck') this.state.value = 'running'
  }

  #add(problem: Problem): void {
    const { value } = this.problems
    if (!problem.message) return
    const isKnown = value.some(({ message, line }) => message === problem.message && line === problem.line)
    if (!isKnown && value.length < MOST) this.problems.value = [...value, problem]
  }
}

function isReport(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && (data as Record<string, unknown>)['type'] === 'rivulet.sandbox'
}

/** Where artifacts run: in this server's own sandbox, or at an origin of its own, which is told who holds it. */
export function sandboxAddress(): string {
  const elsewhere = document.querySelector<HTMLMetaElement>('meta[name="rivulet-sandbox"]')?.content
  return elsewhere ? `${elsewhere}#${location.origin}` : './sandbox'
}

const textOf = (message: unknown) => (typeof message === 'string' ? message.slice(0, LONGEST) : '')
const lineOf = (line: unknown) => (Number.isSafeInteger(line) && (line as number) > 0 ? (line as number) : 0)
