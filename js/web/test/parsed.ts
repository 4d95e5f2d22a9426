/** Whether a finished text has the elements and the words that marked itself makes of it. */

import { marked } from 'marked'

import { MarkdownView } from '../src/markdown/view.ts'
import { CORPUS, WHOLE } from './corpus.ts'
import { setting } from './setting.ts'

/** What the page shows in a way of its own: sources, formulas, images, boxes of tasks, HTML as text, links
 *  without words or without an address as none; and NUL, which HTML has not. */
const OURS = /\[\d+\]|\$|!\[|\[[ xX]\]|<\/?[a-zA-Z!]|\]\(\)|\[\]\(|\0/

const TAGS = 'p,h3,h4,h5,h6,ul,ol,li,blockquote,pre,code,table,thead,tbody,tr,th,td,strong,em,del,a,hr,br'.split(',')

export function unlikeParsed(): string[] {
  return [...Object.values(CORPUS), WHOLE].filter((text) => !OURS.test(text)).flatMap((text) => {
    const [shown, parsed] = [described(show(text)), described(parse(text))]
    return shown === parsed ? [] : [`${JSON.stringify(text)}\n  shown  ${shown}\n  parsed ${parsed}`]
  })
}

export function comparable(): number {
  return Object.values(CORPUS).filter((text) => !OURS.test(text)).length
}

function show(text: string): Element {
  const root = document.createElement('div')
  new MarkdownView(root, setting).update(text, true)
  for (const caption of root.querySelectorAll('figcaption')) caption.remove()
  return root
}

/** As HTML, with its headings where the page has its own: below the two of the page. */
function parse(text: string): Element {
  const html = marked.parse(text, { async: false }).replace(/(<\/?h)(\d)/g, (_, tag: string, depth: string) => tag + Math.min(6, Number(depth) + 2))
  return new DOMParser().parseFromString(html, 'text/html').body
}

function described(root: Element): string {
  const counts = TAGS.map((tag) => `${tag} ${root.querySelectorAll(tag).length}`).filter((one) => !one.endsWith(' 0'))
  return `${counts.join(', ')}: ${(root.textContent ?? '').replace(/\s+/g, '')}`
}
