/** The chips `[n]` in an answer's text. The text is not made of components, so its chips are found by their element. */

import type { Answer } from '../state/answer.ts'
import { openPanel } from '../state/panel.ts'
import { referencesOf, type Reference } from '../state/references.ts'
import { words } from '../words.ts'

/** Which answer a text belongs to, for the card that shows at a chip. */
const answers = new WeakMap<Element, Answer>()

/** Says whose text `root` holds. */
export function cites(root: Element, answer: Answer): void {
  answers.set(root, answer)
}

/** The button for the mark `[n]`, or null when there is no such source. */
export function chip(answer: Answer, n: number): HTMLButtonElement | null {
  const source = answer.sources.value.find((one) => one.n === n)
  if (!source) return null
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'chip'
  button.dataset['n'] = String(n)
  button.setAttribute('aria-label', words.source(n, source.title))
  button.textContent = String(n)
  return button
}

/** Opens the drawer at the citation that this chip stands for. */
export function openCitation(button: HTMLElement): void {
  const { references, index } = lookUp(button)
  if (index >= 0) openPanel({ kind: 'passage', references, index })
}

/** Opens the drawer at the first citation of a source, or at the source itself when it is not cited. */
export function openSource(answer: Answer, n: number): void {
  const references = referencesOf(answer)
  openPanel({ kind: 'passage', references, index: Math.max(0, references.findIndex(({ passage }) => passage.n === n)) })
}

export function referenceOf(button: HTMLElement): Reference | undefined {
  const { references, index } = lookUp(button)
  return references[index]
}

/** Marks and citations come in the same order; where they do not match, the first citation of that source serves. */
function lookUp(button: HTMLElement): { references: Reference[]; index: number } {
  const root = button.closest('.markdown')
  const answer = root && answers.get(root)
  if (!root || !answer) return { references: [], index: -1 }
  const references = referencesOf(answer)
  const n = Number(button.dataset['n'])
  const at = [...root.querySelectorAll('.chip')].indexOf(button)
  const isOwn = references[at]?.citation?.n === n
  return { references, index: isOwn ? at : references.findIndex(({ passage }) => passage.n === n) }
}
