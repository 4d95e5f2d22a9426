/** Checks of the Markdown view that need a real document: run inside a browser, each gives what is wrong. */

import { MarkdownView } from '../src/markdown/view.ts'
import { setting } from './setting.ts'

export { harm } from './attacks.ts'
export { comparable, unlikeParsed } from './parsed.ts'
export { lostWords, wrongAmongMarks, wrongInPieces, wrongOnTheWay } from './growing.ts'

function make(): { root: HTMLElement; view: MarkdownView } {
  const root = document.createElement('div')
  document.body.replaceChildren(root)
  return { root, view: new MarkdownView(root, setting) }
}

/** The HTML of a text shown at once. */
export function rendered(text: string): string {
  const { root, view } = make()
  view.update(text, true)
  return root.innerHTML
}

/** Prefixes whose visible text has syntax that the finished text has not. */
export function flashes(text: string): string[] {
  const { root, view } = make()
  view.update(text, true)
  const final = countSyntax(root.innerText)
  view.update('', true)
  const found: string[] = []
  for (let end = 1; end < text.length; end++) {
    view.update(text.slice(0, end), false)
    const seen = countSyntax(root.innerText)
    const extra = [...seen].filter(([char, count]) => count > (final.get(char) ?? 0))
    if (extra.length) found.push(`${JSON.stringify(text.slice(0, end))} shows ${JSON.stringify(root.innerText)}`)
  }
  return found
}

function countSyntax(text: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const [char] of text.matchAll(/[*_`~[\]()#|>!\\$&<-]/g)) counts.set(char, (counts.get(char) ?? 0) + 1)
  return counts
}

/** How many elements were taken out of the document while the text grew character by character. */
export function removals(text: string): number {
  const { root, view } = make()
  let removed = 0
  const observer = new MutationObserver(() => undefined)
  observer.observe(root, { childList: true, subtree: true })
  for (let end = 1; end <= text.length; end++) {
    view.update(text.slice(0, end), end === text.length)
    for (const { removedNodes } of observer.takeRecords()) {
      removed += [...removedNodes].filter((node) => node instanceof Element).length
    }
  }
  observer.disconnect()
  return removed
}

const PARAGRAPH = `Some **bold** words and \`code\`, a [link](https://example.com) and more.\n\n- one\n- two\n\n`
let prepared: { view: MarkdownView; text: string } | null = null

/** Shows so many paragraphs, for `grow` to go on from. */
export function prepare(paragraphs: number): void {
  prepared = { view: make().view, text: PARAGRAPH.repeat(paragraphs) }
  prepared.view.update(prepared.text, false)
}

/** So many tokens of four letters more, each shown. */
export function grow(tokens: number): void {
  if (!prepared) throw new Error('nothing was prepared')
  const more = PARAGRAPH.repeat(Math.ceil((tokens * 4) / PARAGRAPH.length))
  for (let i = 1; i <= tokens; i++) prepared.view.update(prepared.text + more.slice(0, 4 * i), false)
}

/** Shows `text`, for `more` to go on from. */
export function begin(text: string): void {
  prepared = { view: make().view, text }
  prepared.view.update(text, false)
}

export function more(words: string): void {
  if (!prepared) throw new Error('nothing was begun')
  prepared.text += words
  prepared.view.update(prepared.text, false)
}

/** Whether an element in a frozen block and one in the growing block are still the same after more text. */
export function keepsNodes(): boolean {
  const { root, view } = make()
  const text = 'First *one*.\n\nSecond.\n\nThird.\n\nFourth **bold'
  view.update(text, false)
  const [first, bold] = [root.querySelector('em'), root.querySelector('strong')]
  view.update(`${text} words** and [1] more`, false)
  return first === root.querySelector('em') && bold === root.querySelector('strong') && bold?.textContent === 'bold words'
}
