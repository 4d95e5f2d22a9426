/** Tokens → DOM nodes. Nothing here ever sees an HTML string, so nothing a model writes can become markup.
 *
 * Direction: a block on the top level takes that of its first letter, code and formulas aside. What is inside a
 * list, a quote or a table follows its container, so that bullets, bars and columns stand on the right side, and
 * every line in it finds its own by `unicode-bidi: plaintext`.
 */

import type { Token, Tokens } from 'marked'

import { codeCard } from './code-card.ts'
import { element } from './element.ts'
import { listParts } from './items.ts'
import type { MathToken } from './math.ts'
import { inlineNodes, mathNode } from './spans.ts'

/** What the surroundings decide about an answer's nodes. */
export interface Setting {
  /** The node for the mark `[n]`, or null when no source has that number. */
  mark: (n: number) => Node | null
  words: {
    copy: string
    wrap: string
    taskDone: string
    taskOpen: string
    /** For an image that is not loaded, such as "Image at example.com". */
    image: (host: string) => string
    /** Where an image can be fetched: what the button says for it, and the link beside that. */
    offer?: { show: (host: string) => string; open: string } | undefined
    save: string
  }
  /** Colours and typesetting: hears of every block that has a formula, and of every block that is settled. */
  enrich?: (block: Element, isSettled: boolean) => void
}

const AUTO = { dir: 'auto' }

/** One element per block, or null for what is not seen. */
export function blockNode(token: Token, setting: Setting, isInside = false): HTMLElement | null {
  const direction: Record<string, string> = isInside ? {} : AUTO
  switch (token.type) {
    case 'heading':
      // The page's own headings come first, so an answer's begin at the third level.
      return element(`h${Math.min(6, token['depth'] + 2)}`, direction, inlineNodes(token.tokens, setting))
    case 'paragraph':
    case 'text':
      return element('p', direction, inlineNodes(token.tokens ?? [token], setting))
    case 'code':
      return codeBlock(token as Tokens.Code, setting)
    case 'blockquote':
      return element('blockquote', direction, blocks(token.tokens, setting))
    case 'list':
      return list(token as Tokens.List, direction, setting, isInside)
    case 'table':
      return table(token as Tokens.Table, direction, setting)
    case 'math':
      return mathNode('div', token as MathToken)
    case 'hr':
      return element('hr')
    case 'space':
    case 'def':
      return null
    default:
      return element('p', { ...direction, class: 'plain' }, [token.raw])
  }
}

function blocks(tokens: readonly Token[] | undefined, setting: Setting): Node[] {
  return (tokens ?? []).map((token) => blockNode(token, setting, true)).filter((node) => node !== null)
}

function codeBlock(token: Tokens.Code, setting: Setting): HTMLElement {
  // The line end before the closing fence belongs to the fence.
  const isFenced = token.codeBlockStyle !== 'indented'
  const text = isFenced && token.text.endsWith('\n') ? token.text.slice(0, -1) : token.text
  return codeCard(text, token.lang ?? '', setting)
}

function list(token: Tokens.List, direction: Record<string, string>, setting: Setting, isInside: boolean): HTMLElement {
  const name = token.ordered ? 'ol' : 'ul'
  const attributes = { ...direction, ...(token.ordered && token.start !== 1 && { start: String(token.start) }) }
  const items = token.items.map((item) => listItem(item, setting))
  return isInside ? element(name, attributes, items) : listParts(name, attributes, items)
}

function listItem(item: Tokens.ListItem, setting: Setting): HTMLElement {
  const children = item.tokens.flatMap((token): Node[] => {
    if (token.type === 'checkbox') return []
    const isTight = !item.loose && (token.type === 'text' || token.type === 'paragraph')
    if (isTight) return inlineNodes('tokens' in token ? token.tokens : [token], setting)
    return blocks([token], setting)
  })
  if (!item.task) return element('li', {}, children)
  const label = item.checked ? setting.words.taskDone : setting.words.taskOpen
  const box = element('span', { class: item.checked ? 'task checked' : 'task', role: 'img', 'aria-label': label })
  return element('li', { class: 'task-item' }, [box, ...children])
}

function table(token: Tokens.Table, direction: Record<string, string>, setting: Setting): HTMLElement {
  const cell = (name: string) => (one: Tokens.TableCell) =>
    element(name, one.align ? { class: one.align } : {}, inlineNodes(one.tokens, setting))
  const head = element('thead', {}, [element('tr', {}, token.header.map(cell('th')))])
  const rows = token.rows.map((row) => element('tr', {}, row.map(cell('td'))))
  const body = element('table', direction, rows.length ? [head, element('tbody', {}, rows)] : [head])
  return element('div', { class: 'table', tabindex: '0' }, [body])
}
