/** Blocks in pages: what is far from the window is not laid out, and not asked again when something grows.
 *
 * A block's page follows from its number alone, so an answer that grew and one that came at once look the same,
 * and nothing that people look at is ever moved.
 */

import { element } from './element.ts'

/** Two or three screens: fewer would be many boxes, more would be much to lay out for one that changed. */
const SIZE = 24

/** Only in Chromium. WebKit leaves pages blank that come back into view (its bugs 277573, 281570 and 283846). Firefox
 * does not hold what is read in its place when a page above turns out to be shorter than was guessed; laid out as a
 * whole, 1,500 paragraphs cost it no more for each word. */
const canSkip = navigator.vendor === 'Google Inc.'

export class Pages {
  #root: Element

  constructor(root: Element) {
    this.#root = root
    root.classList.toggle('paged', canSkip)
  }

  /** The blocks from number `first` on are these; what came after them is gone. */
  place(first: number, blocks: readonly Element[]): void {
    blocks.forEach((block, i) => {
      const page = this.#page(Math.floor((first + i) / SIZE))
      const present = page.children[(first + i) % SIZE] ?? null
      if (present !== block) page.insertBefore(block, present)
    })
    this.#cut(first + blocks.length)
  }

  clear(): void {
    this.#root.replaceChildren()
  }

  #page(number: number): Element {
    const present = this.#root.children[number]
    if (present) return present
    const page = element('div', { class: 'page' })
    this.#root.append(page)
    return page
  }

  #cut(count: number): void {
    const pages = Math.ceil(count / SIZE)
    while (this.#root.children.length > pages) this.#root.lastElementChild?.remove()
    const last = this.#root.children[pages - 1]
    while (last && last.children.length > count - (pages - 1) * SIZE) last.lastElementChild?.remove()
  }
}
