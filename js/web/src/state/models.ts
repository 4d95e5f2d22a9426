/** The models to choose from, and the one chosen; none chosen means the server's own choice. */

import { computed, signal } from '@preact/signals'
import type { Model } from '@rivulet/client'

import { server } from './server.ts'

export const models = signal<readonly Model[]>([])
export const chosenModel = signal<string | null>(null)

/** What a question is asked with. */
export const modelForQuestion = computed(() => {
  const isOffered = models.value.some(({ id }) => id === chosenModel.value)
  return isOffered && chosenModel.value ? chosenModel.value : undefined
})

/** What a question is answered by, as far as it is known. */
export const answeringModel = computed(() => modelForQuestion.value ?? models.value.find(({ is_default }) => is_default)?.id)

/** Without the list there is nothing to choose, and questions still work. */
export async function loadModels(): Promise<void> {
  models.value = await server.models.list().catch(() => [])
}
