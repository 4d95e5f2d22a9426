/** Files on their way to the server, two at a time; what failed stays listed with its reason. */

import { computed, effect, signal } from '@preact/signals'
import { isChatError } from '@rivulet/client'

import { words } from '../words.ts'
import { tab } from './kept.ts'
import { fetchWithProgress } from './progress.ts'
import { messageOf } from './reason.ts'
import { clientThrough } from './server.ts'
import { sources, take } from './sources.ts'

export interface Upload {
  readonly id: number
  readonly name: string
  /** Missing after a reload: then the file must be chosen again. */
  readonly file?: File
  /** The sources that were there when it was added. */
  readonly before?: ReadonlySet<string>
  /** From 0 to 1. */
  readonly sent: number
  readonly phase: 'waiting' | 'sending' | 'failed'
  readonly reason?: string
}

/** Two at a time keeps connections free for answers: browsers open six to one server. */
const AT_ONCE = 2
/** The server takes no larger document; asking it would mean sending it. */
const LARGEST = 256 << 20
const STORE = 'failed-uploads'

export const uploads = signal<readonly Upload[]>(remembered())
export const failedUploads = computed(() => uploads.value.filter(({ phase }) => phase === 'failed'))
export const waitingUploads = computed(() => uploads.value.filter(({ phase }) => phase !== 'failed'))

/** The sources that were sent from here, until somebody has looked at the documents. */
export const arrived = signal<ReadonlySet<string>>(new Set())
/** Those of them that are still being read, or cannot be. */
export const arriving = computed(() => (sources.value ?? []).filter(({ id, status }) => status !== 'ready' && arrived.value.has(id)))

const running = new Map<number, AbortController>()
let lastId = uploads.value.length

export function upload(files: Iterable<File>): void {
  const before = new Set(sources.value?.map(({ id }) => id))
  const added = [...files].map((file): Upload => ({ id: ++lastId, name: file.name, file, before, sent: 0, phase: 'waiting' }))
  // Chosen again, it takes the place of what failed.
  const names = new Set(added.map(({ name }) => name))
  uploads.value = [...uploads.value.filter(({ phase, name }) => phase !== 'failed' || !names.has(name)), ...added]
  next()
}

export function retryUpload(id: number): void {
  change(id, { phase: 'waiting', sent: 0 })
  next()
}

export function retryAll(): void {
  for (const { id, file } of failedUploads.value) if (file) change(id, { phase: 'waiting', sent: 0 })
  next()
}

/** Cancels the upload, or takes a failed one off the list. */
export function removeUpload(id: number): void {
  remove([id])
}

export function cancelAll(): void {
  remove(waitingUploads.value.map(({ id }) => id))
}

function remove(ids: readonly number[]): void {
  for (const id of ids) {
    running.get(id)?.abort()
    running.delete(id)
  }
  uploads.value = uploads.value.filter(({ id }) => !ids.includes(id))
  next()
}

function next(): void {
  for (const one of uploads.value) {
    if (running.size >= AT_ONCE) return
    if (one.phase === 'waiting' && one.file && !running.has(one.id)) void send(one.id, one.file)
  }
}

async function send(id: number, file: File): Promise<void> {
  const controller = new AbortController()
  running.set(id, controller)
  change(id, { phase: 'sending' })
  const client = clientThrough(fetchWithProgress((sent) => change(id, { sent })))
  try {
    if (file.size > LARGEST) throw new RangeError(words.uploadProblems.too_large)
    const made = await client.sources.upload([file], controller.signal)
    take(made, () => {
      uploads.value = uploads.value.filter((one) => one.id !== id)
      arrived.value = new Set([...arrived.value, ...made.map((one) => one.id)])
    })
  } catch (problem) {
    if (controller.signal.aborted) return
    change(id, { phase: 'failed', reason: reasonOf(problem) })
  } finally {
    running.delete(id)
    next()
  }
}

function reasonOf(problem: unknown): string {
  if (!isChatError(problem)) return problem instanceof RangeError ? problem.message : words.uploadProblems.unreadable_file
  return words.uploadProblems[problem.code] ?? messageOf(problem)
}

function change(id: number, to: Partial<Upload>): void {
  uploads.value = uploads.value.map((one) => (one.id === id ? { ...one, ...to } : one))
}

effect(() => tab.set(STORE, failedUploads.value.map(({ name, reason }) => ({ name, reason }))))

function remembered(): Upload[] {
  const kept = tab.get(STORE)
  if (!Array.isArray(kept)) return []
  return (kept as { name?: unknown; reason?: unknown }[]).map(({ name, reason }, i) => ({
    id: i + 1, name: String(name), sent: 0, phase: 'failed', reason: String(reason ?? ''),
  }))
}

/** A page that is left takes the files with it that have not arrived. */
effect(() => {
  if (!waitingUploads.value.length) return
  const ask = (event: BeforeUnloadEvent) => event.preventDefault()
  addEventListener('beforeunload', ask)
  return () => removeEventListener('beforeunload', ask)
})
