/** Where questions are written: Enter sends, Shift+Enter is a new line, and while an answer runs the button stops. */

import { icon, make } from './elements.ts'
import type { Worded } from './words.ts'

const UP = 'M10 16V4M5 9l5-5 5 5'
const SQUARE = 'M6 6h8v8H6z'

export class Composer {
  readonly element: HTMLFormElement
  readonly #input: HTMLTextAreaElement
  readonly #button: HTMLButtonElement
  readonly #settings: Worded
  readonly #send: (text: string) => void
  readonly #stop: () => void
  #isRunning = false

  constructor(settings: Worded, send: (text: string) => void, stop: () => void) {
    this.#settings = settings
    this.#send = send
    this.#stop = stop
    this.#input = make('textarea', {
      rows: '1', placeholder: settings.placeholder, 'aria-label': settings.placeholder, maxlength: '32000', dir: 'auto', enterkeyhint: 'send',
      oninput: () => this.#grow(), onkeydown: (event: KeyboardEvent) => this.#key(event),
    })
    this.#button = make('button', { class: 'send', 'aria-label': settings.words.send }, icon(UP))
    this.element = make('form', { class: 'composer', part: 'composer', onsubmit: (event: Event) => this.#submit(event) }, this.#input, this.#button)
  }

  set isRunning(is: boolean) {
    if (is === this.#isRunning) return
    this.#isRunning = is
    const { send, stop } = this.#settings.words
    this.#button.setAttribute('aria-label', is ? stop : send)
    this.#button.classList.toggle('is-stop', is)
    this.#button.replaceChildren(icon(is ? SQUARE : UP))
  }

  focus(): void {
    this.#input.focus()
  }

  #submit(event: Event): void {
    event.preventDefault()
    if (this.#isRunning) this.#stop()
    else this.#ask()
  }

  #ask(): void {
    const text = this.#input.value
    if (!text.trim() || this.#isRunning) return
    this.#input.value = ''
    this.#grow()
    this.#send(text)
  }

  #key(event: KeyboardEvent): void {
    // 229 is a key that an input method has taken, also where `isComposing` is not said.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    this.#ask()
  }

  #grow(): void {
    this.#input.style.height = 'auto'
    this.#input.style.height = `${Math.min(140, this.#input.scrollHeight)}px`
  }
}
