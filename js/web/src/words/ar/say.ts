/** Arabic numbers and plurals, all six. The marks in an answer's text are written 1, 2, 3: so are all other numbers. */

import { speech } from '../speech.ts'

export const say = speech<'zero' | 'one' | 'two' | 'few' | 'many' | 'other'>('ar-u-nu-latn')
