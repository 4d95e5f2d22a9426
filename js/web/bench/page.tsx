/** Five ways to show an answer that grows, in one page: each is mounted, shown a prefix, and given tokens. */

import DOMPurify from 'dompurify'
import { marked } from 'marked'
import { createElement } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import ReactMarkdown from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { Streamdown } from 'streamdown'

import type { Setting } from '../src/markdown/nodes.ts'
import { MarkdownView } from '../src/markdown/view.ts'

type Show = (text: string) => void

const setting: Setting = {
  mark: () => null,
  words: { copy: 'Copy', save: 'Download', wrap: 'Wrap', taskDone: 'Done', taskOpen: 'To do', image: (host) => host },
}

/** Each the way its own manual shows it, without extras such as colours. */
const RENDERERS: Record<string, (root: HTMLElement) => Show> = {
  rivulet: (root) => {
    const view = new MarkdownView(root, setting)
    return (text) => view.update(text, false)
  },
  streamdown: (root) => {
    const react = createRoot(root)
    return (text) => flushSync(() => react.render(createElement(Streamdown, null, text)))
  },
  'react-markdown': (root) => {
    const react = createRoot(root)
    return (text) => flushSync(() => react.render(createElement(ReactMarkdown, { remarkPlugins: [remarkGfm] }, text)))
  },
  'marked+DOMPurify': (root) => (text) => (root.innerHTML = DOMPurify.sanitize(marked.parse(text, { async: false }))),
  'plain text': (root) => (text) => (root.textContent = text),
}

let text = ''
let show: Show = () => undefined
let box: HTMLElement | undefined

/** A box of 800 px, scrolled to the end of `prefix`. */
export async function begin(name: string, prefix: string): Promise<void> {
  box = document.createElement('div')
  box.style.cssText = 'height: 800px; overflow-y: auto'
  const root = document.createElement('div')
  root.className = 'markdown'
  box.append(root)
  document.body.replaceChildren(box)
  show = (RENDERERS[name] as (root: HTMLElement) => Show)(root)
  text = prefix
  show(text)
  await frame()
  box.scrollTop = box.scrollHeight
  await frame()
}

/** One token a frame, each shown and painted. */
export async function stream(tokens: string[]): Promise<void> {
  for (const token of tokens) {
    text += token
    show(text)
    if (box) box.scrollTop = box.scrollHeight
    await frame()
  }
}

const frame = () => new Promise((done) => requestAnimationFrame(done))
