/** Whether a text that grew is shown as one that came at once, at every step of its way and at its end. */

import { MarkdownView } from '../src/markdown/view.ts'
import { CORPUS, WHOLE } from './corpus.ts'
import { setting } from './setting.ts'

const TEXTS = Object.values(CORPUS)

export function wrongOnTheWay(): string[] {
  return found(TEXTS.map(differsOnTheWay))
}

export function wrongInPieces(): string[] {
  const neighbours = TEXTS.map((text, i) => text + (i % 2 ? '\n' : '\n\n') + TEXTS[(7 * i + 3) % TEXTS.length])
  const long = Array.from({ length: 130 }, (_, i) => `${i + 7}. item *${i}*\n`).join('')
  const alone = TEXTS.flatMap((text, i) => [1, 2].map((seed) => differsInPieces(text, 100 * i + seed)))
  return found([...alone, ...neighbours.map(differsInPieces), differsInPieces(WHOLE, 1), differsInPieces(`${long}\nEnd.`, 2)])
}

export function wrongAmongMarks(count: number): string[] {
  return found(Array.from({ length: count }, (_, seed) => differsInPieces(marks(seed), seed)))
}

/** Words of the corpus, as letters and digits in their order, that are not on the page in the end. */
export function lostWords(): string[] {
  const plain = TEXTS.filter((text) => !/\]|&|\$|```|~~~|\\|<https|- \[/.test(text))
  const letters = (text: string) => text.replace(/^ *\d+[.)](?= |$)/gm, '').replace(/[^\p{L}\p{N}]/gu, '')
  return plain.filter((text) => letters(text) !== letters(words(text)))
}

function words(text: string): string {
  const root = shownAtOnce(text, true)
  for (const caption of root.querySelectorAll('figcaption')) caption.remove()
  return root.textContent ?? ''
}

const found = (all: (string | null)[]) => all.filter((one) => one !== null).slice(0, 5)

const MARKS = [
  '\n', '\n', '\n\n', '  ', '    ', '- ', '* ', '1. ', '> ', '```', '```js\n', '~~~', '| ', '|---|---|\n', 'x | y\n', 'a', 'b ', 'word ',
  '*', '**', '_', '`', '[', '](https://e.com)', '[a]', '[b][a]', '[a]: https://e.com\n', '# ', '---', '===', '$', '$$', '\\', '!', '<b>',
  '&amp;', '[ ] ', 'https://e.com ', '\t', '1', '[1]',
]

function marks(seed: number): string {
  const random = randomNumbers(seed)
  return Array.from({ length: 10 + random(40) }, () => MARKS[random(MARKS.length)]).join('')
}

/** What `text` looks like when it comes at once. */
function shownAtOnce(text: string, isFinished: boolean): Element {
  const root = document.createElement('div')
  new MarkdownView(root, setting).update(text, isFinished)
  return root
}

/** A text on its way, and whether it looks like the same text at once. */
class Way {
  readonly #root = document.createElement('div')
  readonly #view = new MarkdownView(this.#root, setting)

  /** What is wrong after `text`, if anything. */
  take(text: string, isFinished: boolean): string | null {
    this.#view.update(text, isFinished)
    const expected = shownAtOnce(text, isFinished)
    if (this.#root.isEqualNode(expected)) return null
    const until = isFinished ? 'finished' : 'growing'
    return `${until} after ${JSON.stringify(text.slice(-60))}:\n  at once ${around(expected.innerHTML, this.#root.innerHTML)}\n  grown   ${around(this.#root.innerHTML, expected.innerHTML)}`
  }
}

/** The first prefix of `text`, letter by letter, that looks different from the same prefix at once. */
function differsOnTheWay(text: string): string | null {
  const way = new Way()
  for (let end = 1; end <= text.length; end++) {
    const wrong = way.take(text.slice(0, end), end === text.length)
    if (wrong) return wrong
  }
  return null
}

/** The same for pieces of random length. */
function differsInPieces(text: string, seed: number): string | null {
  const random = randomNumbers(seed)
  const way = new Way()
  const longest = 2 + random(60)
  for (let end = 1 + random(longest); end < text.length; end += 1 + random(longest)) {
    const wrong = way.take(text.slice(0, end), false)
    if (wrong) return `${wrong}\n  (seed ${seed})`
  }
  const wrong = way.take(text, true)
  return wrong && `${wrong}\n  (seed ${seed})`
}

/** Whole numbers below a limit, the same ones for the same seed (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** Where two strings part. */
function around(one: string, other: string): string {
  let at = 0
  while (at < one.length && one[at] === other[at]) at += 1
  return JSON.stringify(one.slice(Math.max(0, at - 60), at + 60))
}
