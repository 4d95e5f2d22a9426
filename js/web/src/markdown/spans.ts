/** Running text: its tokens → text nodes and small elements. */

import type { Token, Tokens } from 'marked'

import { element } from './element.ts'
import { decodeEntities } from './entities.ts'
import { OPEN, type MathToken } from './math.ts'
import type { Setting } from './nodes.ts'

/** A line or more of running text. */
export function inlineNodes(tokens: readonly Token[] = [], setting: Setting): Node[] {
  return nodesOf(tokens, { setting, hasWords: tokens.some(isOfWords) })
}

interface Line {
  setting: Setting
  /** Whether there are words around its images, which are then as small as a word. */
  hasWords: boolean
}

/** Words as people know them; marks of sources and punctuation may stand beside an image that is alone. */
function isOfWords(token: Token): boolean {
  if (token.type === 'image' || token.type === 'br') return false
  if ('tokens' in token && token.tokens) return token.tokens.some(isOfWords)
  return token.type !== 'text' || /[\p{L}\p{N}]/u.test(plainText(token as Tokens.Text).replace(MARK, ''))
}

function nodesOf(tokens: readonly Token[], line: Line): Node[] {
  const nodes: Node[] = []
  let text = ''
  const endText = () => {
    if (text) nodes.push(document.createTextNode(text))
    text = ''
  }
  for (const piece of tokens.flatMap((token) => inline(token, line))) {
    if (typeof piece === 'string') text += piece
    else endText(), nodes.push(piece)
  }
  endText()
  return nodes
}

/** A formula as it was written; `enrich` may typeset it once it is closed. */
export function mathNode(name: 'span' | 'div', { source, isDisplay, isOpen }: MathToken): HTMLElement {
  const kind = `math${isDisplay ? ' display' : ''}${isOpen ? ' open' : ''}`
  return element(name, { class: kind, dir: 'ltr', 'data-tex': source, ...(name === 'div' && { tabindex: '0' }) }, [source])
}

function inline(token: Token, line: Line): (Node | string)[] {
  const { setting } = line
  const inner = () => nodesOf((token as Tokens.Generic).tokens ?? [], line)
  switch (token.type) {
    case 'strong':
    case 'em':
    case 'del':
      return [element(token.type, {}, inner())]
    case 'codespan':
      return [element('code', { dir: 'ltr' }, [(token as Tokens.Codespan).text])]
    case 'math':
      return [mathNode('span', token as MathToken)]
    case 'br':
      return [element('br')]
    case 'escape':
      return [(token as Tokens.Escape).text]
    case 'link':
      return link(token as Tokens.Link, inner, setting)
    case 'image':
      return image(token as Tokens.Image, line)
    case 'text':
      return 'tokens' in token && token.tokens ? inner() : textWithMarks(plainText(token as Tokens.Text), setting)
    case 'checkbox':
      return []
    default:
      return [token.raw]
  }
}

const MARK = /\[(\d{1,4})\]/g

const plainText = ({ text }: Tokens.Text) => decodeEntities(text.replaceAll(OPEN, ''))

/** `[1]` in running text is the mark of source 1 when there is one. */
function textWithMarks(text: string, setting: Setting): (Node | string)[] {
  const nodes: (Node | string)[] = []
  let done = 0
  for (const found of text.matchAll(MARK)) {
    const mark = setting.mark(Number(found[1]))
    if (!mark) continue
    if (found.index > done) nodes.push(text.slice(done, found.index))
    nodes.push(mark)
    done = found.index + found[0].length
  }
  if (done < text.length) nodes.push(text.slice(done))
  return nodes
}

const OUTWARD = { target: '_blank', rel: 'noopener noreferrer', referrerpolicy: 'no-referrer' }

function link(token: Tokens.Link, inner: () => Node[], setting: Setting): Node[] {
  // A model may write `[1]: https://…` under its answer; the number stays the mark of source 1.
  const mark = /^\[\d{1,4}\]$/.test(token.raw) ? setting.mark(Number(token.raw.slice(1, -1))) : null
  if (mark) return [mark]
  const address = webAddress(token.href, ['http:', 'https:', 'mailto:'])
  if (!address) return inner()
  const isBare = /^(?:https?:\/\/|www\.)/.test(token.text)
  const where = isBare ? {} : { title: address.protocol === 'mailto:' ? address.pathname : address.host }
  const nodes = inner()
  // An image with a button of its own stands before the link it was in.
  const images = nodes.filter(isOffered)
  const words = images.length ? nodes.filter((node) => !isOffered(node)) : nodes
  const link = element('a', { href: address.href, ...OUTWARD, ...where, ...(isBare && { dir: 'ltr' }) }, words.length ? words : [address.host])
  return [...images, link]
}

const IMAGE = 'image'
const isOffered = (node: Node) => node instanceof Element && node.classList.contains(IMAGE)

/** An image elsewhere would tell that place who reads what, and the page's policy would not load it: it is a card
 * that says where the image is. Its button has our own server fetch it, where that is offered; its link opens it in a
 * tab of its own. Among words the card is small, and says where the image is to who points at it; on paper, where
 * nothing can be pressed, it is what `data-paper` says. */
function image(token: Tokens.Image, { setting, hasWords }: Line): (Node | string)[] {
  const alt = decodeEntities(token.text)
  if (/^data:image\/(png|jpeg|gif|webp);base64,/i.test(token.href)) return [element('img', { src: token.href, alt })]
  const address = webAddress(token.href, ['http:', 'https:'])
  if (!address) return [alt]
  const { image, offer } = setting.words
  const at = image(address.host)
  const where = offer?.show(address.host) ?? at
  const lines = alt ? [element('b', {}, [alt]), element('span', {}, [where])] : [element('b', {}, [where])]
  const place = (name: string) => ({ class: hasWords ? `${name} inline` : name, 'data-paper': alt ? `${alt} (${at})` : at })
  const link = (attributes: Record<string, string>, words: Node[]) => element('a', { ...attributes, href: address.href, ...OUTWARD, title: address.href }, words)
  if (!offer) return [link(place('image-link'), lines)]
  const button = element('button', { type: 'button', 'data-image': '', ...(hasWords && { title: where }) }, lines)
  // As the answer has it: the server fetches no address that does not stand there.
  return [element('span', { ...place(IMAGE), 'data-src': token.href }, [button, link({}, [document.createTextNode(offer.open)])])]
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
