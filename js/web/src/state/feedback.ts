/** What somebody thinks of an answer: a thumb, and why if they like. */

import type { Feedback } from '@rivulet/client'

import type { Answer } from './answer.ts'
import { request } from './server.ts'

export type Rating = Feedback['rating']

export const REASONS = {
  up: ['helpful', 'accurate', 'well_sourced', 'other'],
  down: ['wrong', 'incomplete', 'unsupported', 'off_topic', 'hard_to_read', 'other'],
} as const

/** Shows at once, and takes it back when the server did not keep it. */
export async function rate(answer: Answer, given: Pick<Feedback, 'rating' | 'reason' | 'comment'>): Promise<void> {
  const before = answer.feedback.value
  answer.feedback.value = { ...given, updated_at: Date.now() }
  try {
    answer.feedback.value = await request<Feedback>(`turns/${answer.turnId}/feedback`, { method: 'PUT', json: given })
  } catch (problem) {
    answer.feedback.value = before
    throw problem
  }
}

export async function takeBack(answer: Answer): Promise<void> {
  const before = answer.feedback.value
  answer.feedback.value = null
  try {
    await request(`turns/${answer.turnId}/feedback`, { method: 'DELETE' })
  } catch (problem) {
    answer.feedback.value = before
    throw problem
  }
}
