/** A small finished turn, as events and as the frames a server would send. */

import type { TurnEvent } from '../src/index.ts'

const ids = { turn_id: 'trn_a', chat_id: 'cht_a', message_id: 'msg_a', user_message_id: 'msg_q' }

export const receipt = {
  turn_id: ids.turn_id, chat_id: ids.chat_id, message_id: ids.message_id, user_message_id: ids.user_message_id,
  events_url: `/v1/turns/${ids.turn_id}/events`,
}

export const log: TurnEvent[] = [
  { type: 'turn.started', ...ids, model: 'extractive', seq: 1, at: 1 },
  { type: 'text.started', part_id: 't1', seq: 2, at: 2 },
  { type: 'text.delta', part_id: 't1', delta: 'Größe ', seq: 3, at: 3 },
  { type: 'text.delta', part_id: 't1', delta: '42 😀', seq: 4, at: 4 },
  { type: 'text.finished', part_id: 't1', seq: 5, at: 5 },
  { type: 'turn.finished', status: 'completed', finish_reason: 'stop', seq: 6, at: 6 },
]

export const frameOf = (event: { seq: number; type: string }) =>
  `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`

export const framesAfter = (cursor: string | undefined, events: readonly TurnEvent[] = log) =>
  events.filter(({ seq }) => seq > Number(cursor || 0)).map(frameOf)
