/** Colours and formulas: looked at when nothing else is to be done, and loaded only when there is something for
 * them. What cannot be coloured or typeset stays as it was written. */

import { DONE } from './patch.ts'

/** Coloured code is many elements; a listing this long is for reading elsewhere. */
const LONGEST_CODE = 60_000

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
  if (!code.isConnected || code.hasAttribute(DONE) || text.length > LONGEST_CODE) return
  const { colouredRuns } = await import('./colours.ts')
  const runs = colouredRuns(text, (code as HTMLElement).dataset['language'] ?? '')
  if (code.textContent !== text) return
  if (runs) for (const part of code.children) part.replaceChildren(...takeRuns(runs, part.textContent?.length ?? 0))
  code.setAttribute(DONE, '')
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
