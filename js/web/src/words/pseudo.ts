/** A language for tests, made from English: every letter changed, everything a third longer and in brackets, so that
 * a word which is not in the catalogue and a label which does not fit can be seen. */

import { en, type Words } from './en/index.ts'

const PLAIN = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
const ODD = 'åƀçđéƒğĥîĵķļɱñöþǫŕšţûṽŵẋýžÅƁÇĐÉƑĞĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽ'

/** Words of ours that stand for themselves in every language. */
const NAMES = new Set(['product'])

export const pseudo: Words = { ...changed(en), say: en.say }

function changed<T extends object>(words: T): T {
  const pairs = Object.entries(words).map(([key, word]) => [key, NAMES.has(key) ? word : changedWord(word)])
  return Object.fromEntries(pairs) as T
}

function changedWord(word: unknown): unknown {
  if (typeof word === 'string') return odd(word)
  if (typeof word === 'function') return (...given: unknown[]) => around(word as (...given: unknown[]) => string, given)
  return typeof word === 'object' && word ? changed(word) : word
}

/** What is put into a sentence, a title or a name, stays as it is. */
function around(word: (...given: unknown[]) => string, given: unknown[]): string {
  const kept: string[] = []
  const holes = given.map((one) => (typeof one === 'string' ? String.fromCharCode(0xe000 + kept.push(one) - 1) : one))
  return odd(word(...holes)).replace(/[\ue000-\uf8ff]/g, (hole) => kept[hole.charCodeAt(0) - 0xe000] ?? '')
}

function odd(text: string): string {
  const letters = [...text].map((one) => ODD[PLAIN.indexOf(one)] ?? one).join('')
  return `⟦${letters}${'·'.repeat(Math.ceil(text.length / 3))}⟧`
}
