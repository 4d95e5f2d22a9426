/** Follows the end of the conversation until the reader scrolls up, and again once they are back at the end.
 *
 * Every position this class sets is remembered, so that any other movement is the reader's.
 */

import { signal } from '@preact/signals'

/** A movement this far up is meant. */
const LEAVE_PX = 3
/** This close to the end counts as being there; the control to get there shows further away, so it never blinks. */
const NEAR_PX = 60
const FAR_PX = 200

export class Scroller {
  /** Whether the way to the end should be offered. */
  readonly isAway = signal(false)
  #box: HTMLElement
  #isFollowing = true
  #set = -1
  #last = 0
  #sizes: ResizeObserver

  constructor(box: HTMLElement, content: HTMLElement) {
    this.#box = box
    box.addEventListener('scroll', this.#moved, { passive: true })
    this.#sizes = new ResizeObserver(() => this.#settle())
    this.#sizes.observe(content)
    this.#sizes.observe(box)
  }

  dispose(): void {
    this.#box.removeEventListener('scroll', this.#moved)
    this.#sizes.disconnect()
  }

  /** Goes to the end and stays there. */
  follow = (): void => {
    this.#isFollowing = true
    this.#settle()
  }

  #settle(): void {
    if (this.#isFollowing) {
      this.#box.scrollTop = this.#box.scrollHeight
      this.#set = this.#box.scrollTop
      this.#last = this.#set
    }
    this.#look()
  }

  #moved = (): void => {
    const top = this.#box.scrollTop
    if (Math.abs(top - this.#set) > 1) {
      if (top < this.#last - LEAVE_PX) this.#isFollowing = false
      else if (this.#distance() < NEAR_PX) this.#isFollowing = true
    }
    this.#last = top
    this.#look()
  }

  #look(): void {
    const distance = this.#distance()
    if (distance < NEAR_PX) this.isAway.value = false
    else if (distance > FAR_PX && !this.#isFollowing) this.isAway.value = true
  }

  #distance(): number {
    return this.#box.scrollHeight - this.#box.clientHeight - this.#box.scrollTop
  }
}
