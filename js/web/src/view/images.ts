/** Images from elsewhere: fetched by our own server when somebody asks to see one, so that the browser contacts no
 * other host. */

import { isChatError } from '@rivulet/client'

import { element } from '../markdown/element.ts'
import { DONE } from '../markdown/patch.ts'
import type { Answer } from '../state/answer.ts'
import { announce } from '../state/notices.ts'
import { reasonOf } from '../state/reason.ts'
import { download } from '../state/server.ts'
import { words } from '../words.ts'

/** Those of one answer, for as long as it is on the page. */
export class Images {
  readonly #answer: Answer
  readonly #leaving = new AbortController()
  readonly #addresses: string[] = []

  constructor(answer: Answer) {
    this.#answer = answer
  }

  /** Puts the image in the place of its button; what went wrong is said below it, and it can be pressed again. */
  async show(button: HTMLElement): Promise<void> {
    const place = button.closest<HTMLElement>('.image')
    if (!place || place.ariaBusy === 'true') return
    // From now on the place is left alone while the answer grows.
    place.setAttribute(DONE, '')
    place.ariaBusy = 'true'
    say(place, words.fetchingImage)
    try {
      // Without a description the button says only where the image is.
      const alt = button.childElementCount > 1 ? (button.firstElementChild?.textContent ?? '') : ''
      const image = await this.#loaded(place.dataset['src'] ?? '', alt)
      const wasFocused = document.activeElement === button
      button.replaceWith(image)
      if (wasFocused) place.querySelector('a')?.focus({ preventScroll: true })
      say(place, '')
      announce(words.imageShown)
    } catch (problem) {
      if (!this.#leaving.signal.aborted) say(place, whyNot(problem), true)
    } finally {
      place.ariaBusy = null
    }
  }

  /** Nothing of them stays in memory. */
  leave(): void {
    this.#leaving.abort()
    for (const address of this.#addresses) URL.revokeObjectURL(address)
  }

  async #loaded(source: string, alt: string): Promise<HTMLImageElement> {
    const { signal } = this.#leaving
    const response = await download(`turns/${this.#answer.turnId}/image?url=${encodeURIComponent(source)}`, { signal })
    const content = await response.blob()
    signal.throwIfAborted()
    const address = URL.createObjectURL(content)
    this.#addresses.push(address)
    const image = element('img', { src: address, alt }) as HTMLImageElement
    await image.decode()
    signal.throwIfAborted()
    return image
  }
}

function whyNot(problem: unknown): string {
  if (isChatError(problem)) return reasonOf(problem)
  return problem instanceof DOMException ? words.failures.not_an_image : words.failures.network
}

function say(place: Element, text: string, isProblem = false): void {
  place.querySelector('.image-note')?.remove()
  if (!text) return
  place.append(element('span', { class: isProblem ? 'image-note problem' : 'image-note' }, [text]))
  announce(text)
}
