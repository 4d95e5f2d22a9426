/** Colours and formulas: looked at when nothing else is to be done, and loaded only when there is something for
 * them. What cannot be coloured or typeset stays as it was written. */

import { DONE } from './patch.ts'

/** A task of 50 ms is felt, so no listing is coloured that would take longer than this. */
const LONGEST_MS = 40
/** Letters of the part that tells how long the whole would take. */
const SAMPLE = 2000
/** Parts of coloured code that are put in at a time. */
const AT_ONCE = 2
/** Milliseconds a letter takes, as measured last; at first a slow telephone's. */
let perLetter = 0.02

const waiting: (() => Promise<void>)[] = []
let isWorking = false

/** A block that has grown or is settled; code is coloured once it can no longer change. */
export function enrich(block: Element, isSettled: boolean): void {
  for (const formula of matching(block, '.math:not(.open)')) later(() => typeset(formula))
  if (isSettled) for (const code of matching(block, 'code[data-language]:not([data-language=""])')) later(() => colour(code))
}

function matching(block: Element, selector: string): Element[] {
  const found = [...block.querySelectorAll(selector)]
  if (block.matches(selector)) found.unshift(block)
  return found.filter((one) => !one.hasAttribute(DONE))
}

async function typeset(formula: Element): Promise<void> {
  const source = formula.getAttribute('data-tex') ?? ''
  if (!formula.isConnected || formula.hasAttribute(DONE) || formula.classList.contains('open')) return
  const { typesetNode } = await import('./formulas.ts')
  if (formula.getAttribute('data-tex') !== source) return
  const node = typesetNode(source, formula.classList.contains('display'))
  if (node) formula.replaceChildren(node)
  formula.setAttribute(DONE, '')
}

async function colour(code: Element): Promise<void> {
  const text = code.textContent ?? ''
  if (!code.isConnected || code.hasAttribute(DONE)) return
  const { colouredRuns } = await import('./colours.ts')
  const language = (code as HTMLElement).dataset['language'] ?? ''
  const measured = (part: string) => {
    const begun = performance.now()
    const runs = colouredRuns(part, language)
    if (part.length >= SAMPLE / 2) perLetter = (performance.now() - begun) / part.length
    return runs
  }
  if (text.length * perLetter > LONGEST_MS) {
    measured(text.slice(0, SAMPLE))
    await idle()
  }
  const runs = text.length * perLetter > LONGEST_MS ? null : measured(text)
  if (code.textContent !== text) return
  code.setAttribute(DONE, '')
  if (runs) await put(runs, [...code.children])
}

/** Puts `runs` in place of the same text, a few parts in each idle moment. */
async function put(runs: [string, string][], parts: Element[]): Promise<void> {
  for (let i = 0; i < parts.length; i++) {
    if (i > 0 && i % AT_ONCE === 0) await idle()
    const part = parts[i] as Element
    if (!part.isConnected) return
    part.replaceChildren(...takeRuns(runs, part.textContent?.length ?? 0))
  }
}

/** The next `length` characters of `runs` as nodes. */
function takeRuns(runs: [string, string][], length: number): Node[] {
  const nodes: Node[] = []
  for (let left = length; left > 0 && runs[0]; ) {
    const [text, kind] = runs[0]
    const piece = text.slice(0, left)
    left -= piece.length
    if (piece.length === text.length) runs.shift()
    else runs[0] = [text.slice(piece.length), kind]
    const node = document.createTextNode(piece)
    nodes.push(kind ? Object.assign(document.createElement('span'), { className: kind }) : node)
    if (kind) nodes.at(-1)?.appendChild(node)
  }
  return nodes
}

function later(work: () => Promise<void>): void {
  waiting.push(work)
  if (isWorking) return
  isWorking = true
  void workOff()
}

async function workOff(): Promise<void> {
  for (let work = waiting.shift(); work; work = waiting.shift()) {
    await idle()
    // A chunk that could not be loaded leaves the text as it is; it is tried again with the next block.
    await work().catch(() => undefined)
  }
  isWorking = false
}

const idle = () =>
  new Promise<void>((done) => {
    if ('requestIdleCallback' in window) requestIdleCallback(() => done(), { timeout: 500 })
    else setTimeout(done, 30)
  })
