/** What of an answer is read aloud: its words, a paragraph at a time, without code, formulas, marks and buttons. */

const SILENT = 'figure, .math, button, .image, [role="img"]'
const PARAGRAPHS = 'p, h3, h4, h5, h6, li, th, td'

export function spokenParts(turnId: string): string[] {
  const text = document.querySelector(`[data-turn="${turnId}"] .markdown`)
  if (!text) return []
  const parts: string[] = []
  let last: Element | null = null
  const words = document.createTreeWalker(text, NodeFilter.SHOW_TEXT)
  while (words.nextNode()) {
    const { data, parentElement } = words.currentNode as Text
    if (!parentElement || parentElement.closest(SILENT)) continue
    const paragraph = parentElement.closest(PARAGRAPHS)
    if (paragraph !== last || !parts.length) parts.push('')
    parts[parts.length - 1] += data
    last = paragraph
  }
  return parts.map((part) => part.replace(/\s+/g, ' ').replace(/ (?=[.,;:!?])/g, '').trim()).filter((part) => /[\p{L}\p{N}]/u.test(part))
}
