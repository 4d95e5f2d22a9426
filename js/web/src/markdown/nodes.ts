/** Tokens → DOM nodes. Nothing here ever sees an HTML string, so nothing a model writes can become markup. */

import type { Token, Tokens } from 'marked'

import { decodeEntities } from './entities.ts'

/** What the surroundings decide about an answer's nodes. */
export interface Setting {
  /** The node for the mark `[n]`, or null when no source has that number. */
  mark: (n: number) => Node | null
  copyLabel: string
  /** The words for an image that is not loaded, such as "Image at example.com". */
  imageLabel: (host: string) => string
}

/** One element per block, or null for what is not seen. */
export function blockNode(token: Token, setting: Setting): Element | null {
  switch (token.type) {
    case 'heading':
      // The page's own headings come first, so an answer's begin at the third level.
      return withText(`h${Math.min(6, token['depth'] + 2)}`, token.tokens, setting)
    case 'paragraph':
    case 'text':
      return withText('p', token.tokens ?? [token], setting)
    case 'code':
      return codeBlock(token as Tokens.Code, setting)
    case 'blockquote':
      return element('blockquote', { dir: 'auto' }, blocks(token.tokens, setting))
    case 'list':
      return list(token as Tokens.List, setting)
    case 'table':
      return table(token as Tokens.Table, setting)
    case 'hr':
      return element('hr')
    case 'space':
    case 'def':
      return null
    default:
      return element('p', {}, [token.raw])
  }
}

function blocks(tokens: readonly Token[] | undefined, setting: Setting): Node[] {
  return (tokens ?? []).map((token) => blockNode(token, setting)).filter((node) => node !== null)
}

/** A block of running text, with the direction of its own first letter. */
function withText(name: string, tokens: readonly Token[] | undefined, setting: Setting): HTMLElement {
  return element(name, { dir: 'auto' }, inlineNodes(tokens, setting))
}

function codeBlock(token: Tokens.Code, setting: Setting): HTMLElement {
  const language = /^[\w+#.-]*/.exec(token.lang ?? '')?.[0] ?? ''
  const button = element('button', { type: 'button', class: 'quiet', 'data-copy': '' }, [setting.copyLabel])
  return element('figure', { class: 'code', dir: 'ltr' }, [
    element('figcaption', {}, [element('span', {}, [language]), button]),
    element('pre', { tabindex: '0' }, [element('code', {}, [token.text])]),
  ])
}

function list(token: Tokens.List, setting: Setting): HTMLElement {
  const start = token.ordered && token.start !== 1 ? { start: String(token.start) } : {}
  return element(token.ordered ? 'ol' : 'ul', start, token.items.map((item) => listItem(item, setting)))
}

function listItem(item: Tokens.ListItem, setting: Setting): HTMLElement {
  const children = item.tokens.flatMap((token): Node[] => {
    if (token.type === 'checkbox') return []
    const isTight = token.type === 'text' || (token.type === 'paragraph' && !item.loose)
    if (isTight) return inlineNodes('tokens' in token ? token.tokens : [token], setting)
    return blocks([token], setting)
  })
  if (!item.task) return element('li', { dir: 'auto' }, children)
  const box = element('span', { class: 'task', role: 'img', 'aria-label': item.checked ? 'done' : 'to do' }, [item.checked ? '☑' : '☐'])
  return element('li', { dir: 'auto', class: 'task-item' }, [box, ...children])
}

function table(token: Tokens.Table, setting: Setting): HTMLElement {
  const cell = (name: string) => (one: Tokens.TableCell) => {
    const aligned: Record<string, string> = one.align ? { class: one.align } : {}
    return element(name, { dir: 'auto', ...aligned }, inlineNodes(one.tokens, setting))
  }
  const head = element('thead', {}, [element('tr', {}, token.header.map(cell('th')))])
  const rows = token.rows.map((row) => element('tr', {}, row.map(cell('td'))))
  const body = element('table', {}, rows.length ? [head, element('tbody', {}, rows)] : [head])
  return element('div', { class: 'table', tabindex: '0' }, [body])
}

function inlineNodes(tokens: readonly Token[] | undefined, setting: Setting): Node[] {
  const nodes = (tokens ?? []).flatMap((token) => inline(token, setting))
  return nodes.map((node) => (typeof node === 'string' ? document.createTextNode(node) : node))
}

function inline(token: Token, setting: Setting): (Node | string)[] {
  const inner = () => inlineNodes((token as Tokens.Generic).tokens, setting)
  switch (token.type) {
    case 'strong':
    case 'em':
    case 'del':
      return [element(token.type, {}, inner())]
    case 'codespan':
      return [element('code', { dir: 'ltr' }, [(token as Tokens.Codespan).text])]
    case 'br':
      return [element('br')]
    case 'escape':
      return [(token as Tokens.Escape).text]
    case 'link':
      return link(token as Tokens.Link, inner())
    case 'image':
      return image(token as Tokens.Image, setting)
    case 'text':
      return 'tokens' in token && token.tokens ? inner() : textWithMarks(decodeEntities((token as Tokens.Text).text), setting)
    default:
      return [token.raw]
  }
}

/** `[1]` in running text is the mark of source 1 when there is one. */
function textWithMarks(text: string, setting: Setting): (Node | string)[] {
  const nodes: (Node | string)[] = []
  let done = 0
  for (const found of text.matchAll(/\[(\d{1,4})\]/g)) {
    const mark = setting.mark(Number(found[1]))
    if (!mark) continue
    if (found.index > done) nodes.push(text.slice(done, found.index))
    nodes.push(mark)
    done = found.index + found[0].length
  }
  if (done < text.length) nodes.push(text.slice(done))
  return nodes
}

const OUTWARD = { target: '_blank', rel: 'noopener noreferrer' }

function link(token: Tokens.Link, inner: Node[]): Node[] {
  const href = webAddress(token.href, ['http:', 'https:', 'mailto:'])
  return href ? [element('a', { href: href.href, ...OUTWARD }, inner)] : inner
}

/** An image elsewhere would tell that place who reads what: it is a link until somebody follows it. */
function image(token: Tokens.Image, setting: Setting): (Node | string)[] {
  const alt = decodeEntities(token.text)
  if (/^data:image\/(png|jpeg|gif|webp);base64,/i.test(token.href)) return [element('img', { src: token.href, alt })]
  const href = webAddress(token.href, ['http:', 'https:'])
  if (!href) return [alt]
  const label = [setting.imageLabel(href.host), alt].filter(Boolean).join(': ')
  return [element('a', { class: 'image-link', href: href.href, ...OUTWARD }, [label])]
}

/** An absolute address with one of the schemes that run nothing; null for every other. */
function webAddress(text: string, schemes: readonly string[]): URL | null {
  try {
    const url = new URL(text)
    return schemes.includes(url.protocol) ? url : null
  } catch {
    return null
  }
}

function element(name: string, attributes: Record<string, string> = {}, children: (Node | string)[] = []): HTMLElement {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}
