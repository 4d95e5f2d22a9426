/** Code as a card: its language, what can be done with it, and its text in parts that are laid out on their own. */

import { element } from './element.ts'
import { DONE } from './patch.ts'
import type { Setting } from './nodes.ts'

/** A part ends with the first line that ends beyond this many characters: about a screen, so that a growing fence
 * never has more than that to lay out again. With four times as much, a token costs a millisecond more. */
const PART = 2048

export function codeCard(text: string, info: string, setting: Setting): HTMLElement {
  const language = /^[\w+#.-]*/.exec(info)?.[0] ?? ''
  const { copy, save, wrap } = setting.words
  const code = element('code', { 'data-language': language })
  new CodeText(code).write(text)
  return element('figure', { class: 'code', dir: 'ltr' }, [
    element('figcaption', {}, [
      element('span', { class: 'language' }, [language]),
      element('button', { type: 'button', class: 'quiet', 'data-own': '', 'data-wrap': '', 'aria-pressed': 'false' }, [wrap]),
      element('button', { type: 'button', class: 'quiet', 'data-own': '', 'data-copy': '' }, [copy]),
      element('button', { type: 'button', class: 'quiet', 'data-own': '', 'data-save': '' }, [save]),
    ]),
    element('pre', { tabindex: '0' }, [code]),
  ])
}

/** Writes text into a `code` element, always in the same parts, however it comes. */
export class CodeText {
  #code: Element
  /** The last part, unless it is full. */
  #part: Text | null

  /** Goes on with what is there. */
  constructor(code: Element) {
    this.#code = code
    const last = code.lastElementChild?.firstChild
    this.#part = last instanceof Text && !isFull(last) ? last : null
  }

  write(text: string): void {
    for (let rest = text; rest; ) {
      const part = (this.#part ??= this.#open())
      const end = rest.indexOf('\n', Math.max(0, PART - part.length)) + 1
      part.appendData(end ? rest.slice(0, end) : rest)
      if (isFull(part)) this.#close(part)
      rest = end ? rest.slice(end) : ''
    }
  }

  clear(): void {
    this.#code.replaceChildren()
    this.#code.removeAttribute(DONE)
    this.#part = null
  }

  #open(): Text {
    const text = document.createTextNode('')
    this.#code.append(element('span', { class: 'lines' }, [text]))
    return text
  }

  /** A whole part says how high it is, for as long as it is out of sight. */
  #close(part: Text): void {
    const lines = part.data.split('\n').length - 1
    part.parentElement?.style.setProperty('contain-intrinsic-block-size', `auto ${lines}lh`)
    this.#part = null
  }
}

const isFull = (part: Text) => part.length > PART && part.data.endsWith('\n')
