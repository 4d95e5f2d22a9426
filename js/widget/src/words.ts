/** Everything the widget says by itself once it is open; `data-words` replaces any of it, as JSON. */

import type { FirstWords, Settings } from './settings.ts'

const WORDS = {
  newAnswer: 'Open chat, there is a new answer',
  close: 'Close chat',
  startNew: 'New conversation',
  expand: 'Larger',
  shrink: 'Smaller',
  send: 'Send',
  stop: 'Stop',
  you: 'You asked',
  source: 'Source',
  page: 'page',
  stopped: 'Stopped',
  incomplete: 'The answer was cut off.',
  failed: 'The answer failed.',
  nothing: 'The model ended without writing anything.',
  thinking: 'Thinking…',
  retrieval: 'Searching…',
  reranking: 'Choosing the best passages…',
  generation: 'Writing…',
  queued: 'Waiting for its turn…',
  done: 'The answer is complete.',
  reconnecting: 'Reconnecting…',
  faulty: 'The server has a problem. Trying again…',
  offline: 'Waiting for the network…',
  gone: 'The earlier conversation is no longer there.',
  unwelcome: 'This chat is not available on this page.',
}
export type Words = typeof WORDS & FirstWords

/** The settings with all words there are. */
export interface Worded extends Settings {
  words: Words
}

export function worded(settings: Settings): Worded {
  return { ...settings, words: { ...WORDS, ...settings.words } }
}
