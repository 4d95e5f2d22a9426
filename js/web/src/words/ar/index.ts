/** Everything the page says, in Arabic. */

import type { Words } from '../en/index.ts'
import { acts } from './acts.ts'
import { conversation } from './conversation.ts'
import { failures } from './failures.ts'
import { reader } from './reader.ts'
import { say } from './say.ts'

export const ar: Words = { say, failures, ...conversation, ...acts, ...reader }
