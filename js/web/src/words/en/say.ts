/** English numbers and plurals. */

import { speech } from '../speech.ts'

export const say = speech<'one' | 'other'>('en')
