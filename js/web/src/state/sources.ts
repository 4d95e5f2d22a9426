/** Where answers come from: the list of sources, looked at again while something is still being read. */

import { batch, computed, effect, signal } from '@preact/signals'
import type { Source } from '@rivulet/client'

import { messageOf } from './reason.ts'
import { request, server } from './server.ts'

export const sources = signal<readonly Source[] | null>(null)
export const sourcesProblem = signal<string | null>(null)

export const documentCount = computed(() => (sources.value ?? []).reduce((sum, one) => sum + one.document_count, 0))
export const isReading = computed(() => (sources.value ?? []).some(({ status }) => status === 'pending' || status === 'processing'))

/** Counts what this page changed; a list asked for before a change is older than it and must not undo it. */
let changes = 0

export async function refreshSources(): Promise<void> {
  try {
    const seen = changes
    const listed = await server.sources.list()
    if (seen !== changes) return await refreshSources()
    sources.value = listed
    sourcesProblem.value = null
  } catch (problem) {
    sourcesProblem.value = messageOf(problem)
  }
}

/** Lists what has just been made; `and` happens at once with it, so that nothing is ever listed twice. */
export function take(made: readonly Source[], and: () => void): void {
  changes += 1
  batch(() => {
    const ids = new Set(made.map(({ id }) => id))
    sources.value = [...(sources.value ?? []).filter(({ id }) => !ids.has(id)), ...made]
    and()
  })
}

export async function removeSource(id: string): Promise<void> {
  await server.sources.delete(id)
  changes += 1
  sources.value = (sources.value ?? []).filter((one) => one.id !== id)
}

/** Whether it could not be read, as a whole or in part, and is not being read again already. */
export function hasFailed({ status, failed_count = 0 }: Source): boolean {
  return status === 'error' || (status === 'ready' && failed_count > 0)
}

export const failedSources = computed(() => (sources.value ?? []).filter(hasFailed))

/** Why a source could not be read again, by its id; until that is asked for anew. */
export const retryProblems = signal<Readonly<Record<string, string>>>({})

/** Has what could not be read of it read again; how that ends, the list says. */
export async function retrySource(id: string): Promise<void> {
  const { [id]: _, ...others } = retryProblems.value
  retryProblems.value = others
  try {
    const waiting = await request<Source>(`sources/${id}/retry`, { method: 'POST' })
    changes += 1
    sources.value = (sources.value ?? []).map((one) => (one.id === id ? waiting : one))
  } catch (problem) {
    retryProblems.value = { ...retryProblems.value, [id]: messageOf(problem) }
  }
}

export async function retryAllSources(): Promise<void> {
  for (const { id } of failedSources.value) await retrySource(id)
}

/** Small files are read in well under a second; a slower look would make the list feel stuck. */
const LOOK_MS = 1200

effect(() => {
  if (!sources.value || !isReading.value) return
  const timer = setTimeout(() => void refreshSources(), LOOK_MS)
  return () => clearTimeout(timer)
})
