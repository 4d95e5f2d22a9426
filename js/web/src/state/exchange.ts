/** A question and the answer to it that is shown, with the others there are in their places. */

import { signal } from '@preact/signals'
import type { Message, Turn } from '@rivulet/client'

import type { Answer } from './answer.ts'

/** How a question is sent. */
export type Send = () => Promise<Turn>

let made = 0

export class Exchange {
  /** Tells this object from others on the page. */
  readonly key = ++made
  readonly question: string
  /** The turn on the chosen path; empty until the server has taken the question. */
  turnId: string
  readonly answer = signal<Answer | null>(null)
  /** Turns of the questions asked in this place, this one included; empty when there is no other. */
  readonly edits = signal<readonly string[]>([])
  /** Turns that answer this question, the one shown included; empty when there is no other. */
  readonly retries = signal<readonly string[]>([])
  /** Sends it again as it was sent first, so that one which did arrive is not asked twice. */
  send: Send | undefined

  constructor(question: string, turnId = '') {
    this.question = question
    this.turnId = turnId
  }
}

/** The chosen path in pairs. What is on the screen already keeps its objects. */
export function exchangesOf(
  messages: readonly Message[], present: readonly Exchange[], answerOf: (message: Message) => Answer,
): Exchange[] {
  const old = new Map(present.map((one) => [one.turnId, one]))
  const last = messages.findLast(({ role }) => role === 'user')
  // A question that seemed not to arrive is here without a turn; it did when the newest turn nobody knew asks it.
  const unsent = present.filter(({ turnId }) => !turnId)
  const arrived = last && !old.has(last.turn_id) ? unsent.find((one) => isOf(one, last)) : undefined
  if (arrived && last) arrived.turnId = last.turn_id
  const read: Exchange[] = []
  for (const message of messages) {
    if (message.role === 'user') {
      const exchange = (message === last && arrived) || (old.get(message.turn_id) ?? new Exchange(message.text, message.turn_id))
      exchange.edits.value = message.siblings ?? []
      exchange.retries.value = message.answers ?? []
      read.push(exchange)
    } else {
      const exchange = read.at(-1)
      if (exchange) exchange.answer.value = answerOf(message)
    }
  }
  return [...read, ...unsent.filter((one) => one !== arrived)]
}

/** The same words; not what it was to stand beside. */
function isOf({ question, edits }: Exchange, { text, turn_id }: Message): boolean {
  return question === text && !edits.value.includes(turn_id)
}
