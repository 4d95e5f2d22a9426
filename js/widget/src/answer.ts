/** One answer on the screen: its text, its sources as chips, the passage that somebody opened. */

import type { ChatMessage } from '@rivulet/client/chat'

import { make } from './elements.ts'
import { Markdown } from './markdown.ts'
import type { Words } from './words.ts'

export class Answer {
  readonly element: HTMLElement
  readonly #words: Words
  readonly #markdown: Markdown
  readonly #card = make('aside', { class: 'card', hidden: true })
  readonly #chips = make('p', { class: 'chips', hidden: true })
  readonly #end = make('p', { class: 'end', hidden: true })
  /** What is said below an answer that is not all it should have been. */
  note = ''
  #message!: ChatMessage
  #cited = ''
  #open = 0
  #opener: HTMLElement | undefined

  constructor(words: Words) {
    this.#words = words
    const body = make('div', { class: 'text' })
    this.#markdown = new Markdown(body, (n) => (this.#source(n) ? this.#chip(n, `${n}`, 'mark') : undefined))
    this.element = make('article', { class: 'answer', part: 'message answer', onkeydown: (event: KeyboardEvent) => this.#key(event) }, body, this.#card, this.#chips, this.#end)
  }

  show(message: ChatMessage): void {
    this.#message = message
    this.#markdown.update(message.text, message.status !== undefined)
    this.#showChips()
    const { status, text } = message
    this.#end.className = `end ${status ?? ''}`
    this.#end.textContent = this.note = noteOf(this.#words, status, text)
    this.#end.hidden = !this.note
  }

  #source(n: number) {
    return this.#message.sources.find((source) => source.n === n)
  }

  #showChips(): void {
    const cited = [...new Set(this.#message.citations.map(({ n }) => n))].sort((a, b) => a - b).filter((n) => this.#source(n))
    if (this.#cited === cited.join() || this.#message.status === undefined) return
    this.#cited = cited.join()
    this.#chips.hidden = !cited.length
    this.#chips.replaceChildren(...cited.map((n) => this.#chip(n, this.#source(n)?.title ?? '', 'source')))
  }

  #chip(n: number, label: string, kind: 'mark' | 'source'): HTMLElement {
    const chip = make(
      'button',
      {
        type: 'button', class: kind, part: 'source-chip', 'aria-expanded': 'false', 'data-n': `${n}`,
        'aria-label': kind === 'mark' ? `${this.#words.source} ${n}: ${this.#source(n)?.title ?? ''}` : undefined,
        onclick: () => (this.#open === n ? this.#close() : this.#show(n, chip)),
      },
      ...(kind === 'mark' ? [label] : [make('b', {}, `${n} `), make('span', {}, label)]),
    )
    return chip
  }

  #show(n: number, opener: HTMLElement): void {
    const source = this.#source(n)
    if (!source) return
    const { title, text, page, url } = source
    const name = page ? `${title}, ${this.#words.page} ${page}` : title
    const isWeb = /^https?:/.test(url)
    const passage = make('div', { class: 'text', tabindex: '0' })
    new Markdown(passage, () => undefined).update(text, true)
    this.#card.replaceChildren(
      make('header', {}, make('b', {}, `${n}`), isWeb ? make('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, name) : make('strong', {}, name),
        make('button', { type: 'button', class: 'plain', 'aria-label': this.#words.close, onclick: () => this.#close() }, '×')),
      passage,
    )
    this.#open = n
    this.#opener = opener
    this.#card.hidden = false
    this.#press()
    this.#card.scrollIntoView({ block: 'nearest' })
  }

  #close(): void {
    this.#open = 0
    this.#card.hidden = true
    this.#press()
    this.#opener?.focus()
  }

  #press(): void {
    for (const chip of this.element.querySelectorAll('[data-n]')) {
      chip.setAttribute('aria-expanded', String(Number(chip.getAttribute('data-n')) === this.#open))
    }
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || !this.#open) return
    event.stopPropagation()
    this.#close()
  }
}

function noteOf({ stopped, incomplete, failed, nothing }: Words, status: ChatMessage['status'], text: string): string {
  const notes = { cancelled: stopped, incomplete, failed, completed: text ? '' : nothing }
  return status ? notes[status] : ''
}
