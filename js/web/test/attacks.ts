/** Answers that are made to do harm: what they leave in the document, after every letter. */

import { MarkdownView } from '../src/markdown/view.ts'
import { setting } from './setting.ts'

const ELEMENTS = new Set(
  ('div p h3 h4 h5 h6 ul ol li blockquote hr br pre code figure figcaption span button table thead tbody tr th td ' +
    'strong em del a b img').split(' '),
)
const ATTRIBUTES = new Set(
  ('class dir tabindex start data-language data-own data-wrap data-copy data-save data-image data-paper data-src data-tex data-done type aria-pressed aria-label role href target rel ' +
    'referrerpolicy title src alt style').split(' '),
)

/** As on the page: with buttons for images. */
const offering = { ...setting, words: { ...setting.words, offer: { show: (host: string) => `Show image from ${host}`, open: 'Open' } } }

/** What is in the document after any prefix of `text` that no answer may bring there. */
export function harm(text: string): string[] {
  const root = document.body.appendChild(document.createElement('div'))
  const view = new MarkdownView(root, offering)
  const found = new Set<string>()
  for (let end = 1; end <= text.length; end++) {
    view.update(text.slice(0, end), end === text.length)
    for (const element of root.querySelectorAll('*')) look(element, found)
  }
  root.remove()
  return [...found]
}

function look(element: Element, found: Set<string>): void {
  const name = element.localName
  if (!ELEMENTS.has(name)) found.add(`<${name}>`)
  for (const { name: key, value } of element.attributes) {
    if (!ATTRIBUTES.has(key)) found.add(`<${name} ${key}>`)
    if (key === 'href' && !/^(?:https?|mailto):/.test(value)) found.add(`<${name} href=${value}>`)
    if (key === 'src' && !/^data:image\/(?:png|jpeg|gif|webp);base64,/i.test(value)) found.add(`<${name} src=${value}>`)
    if (key === 'data-src' && !/^https?:/i.test(value)) found.add(`<${name} data-src=${value}>`)
    if (key === 'style' && !/^contain-intrinsic-block-size: auto \d+lh;$/.test(value)) found.add(`<${name} style=${value}>`)
  }
  if (name !== 'a') return
  const { rel, target, referrerPolicy } = element as HTMLAnchorElement
  if (rel !== 'noopener noreferrer' || target !== '_blank' || referrerPolicy !== 'no-referrer') found.add('<a> that tells where it was')
}
