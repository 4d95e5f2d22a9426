/** Everything the page says, in English: the catalogue that the others are held to. */

import type { Speech } from '../speech.ts'
import { acts } from './acts.ts'
import { conversation } from './conversation.ts'
import { failures } from './failures.ts'
import { reader } from './reader.ts'
import { say } from './say.ts'

export const en = { say: say as Omit<Speech<never>, 'plural'>, failures, ...conversation, ...acts, ...reader }

/** What every language must say: a catalogue without one of these is a type error. */
export type Words = typeof en
