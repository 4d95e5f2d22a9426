/** Files on their way to the server, two at a time; what failed stays listed with its reason. */

import { batch, effect, signal } from '@preact/signals'
import { isChatError } from '@rivulet/client'

import { fetchWithProgress } from './progress.ts'
import { clientThrough, server } from './server.ts'
import { sources } from './sources.ts'

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

export const uploads = signal<readonly Upload[]>(remembered())

/** Two at a time keeps connections free for answers: browsers open six to one server. */
const AT_ONCE = 2
const STORE = 'rivulet.failed-uploads'
const running = new Map<number, AbortController>()
let lastId = uploads.value.length

export function upload(files: Iterable<File>): void {
  const before = new Set(sources.value?.map(({ id }) => id))
  const added = [...files].map((file): Upload => ({ id: ++lastId, name: file.name, file, before, sent: 0, phase: 'waiting' }))
  uploads.value = [...uploads.value, ...added]
  next()
}

export function retryUpload(id: number): void {
  change(id, { phase: 'waiting', sent: 0 })
  next()
}

/** Cancels the upload, or takes a failed one off the list. */
export function removeUpload(id: number): void {
  running.get(id)?.abort()
  running.delete(id)
  uploads.value = uploads.value.filter((one) => one.id !== id)
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
    await client.sources.upload([file], controller.signal)
    const list = await server.sources.list().catch(() => sources.value)
    // At once, so that the file is never listed twice.
    batch(() => {
      sources.value = list
      uploads.value = uploads.value.filter((one) => one.id !== id)
    })
  } catch (problem) {
    if (controller.signal.aborted) return
    change(id, { phase: 'failed', reason: isChatError(problem) ? problem.message : String(problem) })
  } finally {
    running.delete(id)
    next()
  }
}

function change(id: number, to: Partial<Upload>): void {
  uploads.value = uploads.value.map((one) => (one.id === id ? { ...one, ...to } : one))
}

effect(() => {
  const failed = uploads.value.filter(({ phase }) => phase === 'failed').map(({ name, reason }) => ({ name, reason }))
  try {
    sessionStorage.setItem(STORE, JSON.stringify(failed))
  } catch {
    // Without storage the reasons last as long as the page.
  }
})

function remembered(): Upload[] {
  try {
    const failed = JSON.parse(sessionStorage.getItem(STORE) ?? '[]') as { name: string; reason?: string }[]
    return failed.map(({ name, reason }, i) => ({ id: i + 1, name, sent: 0, phase: 'failed', ...(reason && { reason }) }))
  } catch {
    return []
  }
}
