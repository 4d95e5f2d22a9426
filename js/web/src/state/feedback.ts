/** What somebody thinks of an answer: a thumb, and why if they like. */

import type { Feedback } from '@rivulet/client'

import type { Answer } from './answer.ts'
import { request } from './server.ts'

export type Rating = Feedback['rating']

export const REASONS = {
  up: ['helpful', 'accurate', 'well_sourced', 'other'],
  down: ['wrong', 'incomplete', 'unsupported', 'off_topic', 'hard_to_read', 'other'],
} as const

/** What the server was told last of an answer, and whether it has heard. */
const told = new WeakMap<Answer, Promise<unknown>>()

/** Shows at once, and takes it back when the server did not keep it. */
export function rate(answer: Answer, given: Pick<Feedback, 'rating' | 'reason' | 'comment'>): Promise<void> {
  return tell(answer, { ...given, updated_at: Date.now() }, () => request<Feedback>(pathOf(answer), { method: 'PUT', json: given }))
}

export function takeBack(answer: Answer): Promise<void> {
  return tell(answer, null, () => request<undefined>(pathOf(answer), { method: 'DELETE' }))
}

/** One after the other: of two at once, the server might keep the one that was said first. */
async function tell(answer: Answer, given: Feedback | null, send: () => Promise<Feedback | undefined>): Promise<void> {
  const before = answer.feedback.value
  answer.feedback.value = given
  const sent = (told.get(answer) ?? Promise.resolve()).then(send, send)
  told.set(answer, sent)
  const isLast = () => told.get(answer) === sent
  try {
    const kept = await sent
    if (isLast() && kept) answer.feedback.value = kept
  } catch (problem) {
    if (isLast()) answer.feedback.value = before
    throw problem
  }
}

const pathOf = (answer: Answer) => `turns/${answer.turnId}/feedback`
