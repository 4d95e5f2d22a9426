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
/** Between the last line and the composer. */
const MARGIN_PX = 32
/** Of the answer, above a list of sources that fills the view. */
const LAST_WORDS_PX = 60
/** For telling how much is new: a line of text with its share of the gaps between paragraphs. */
const LINE_PX = 27

export class Scroller {
  /** Whether the way to the end should be offered. */
  readonly isAway = signal(false)
  /** How many lines came in since the reader left the end. */
  readonly newLines = signal(0)
  #box: HTMLElement
  #content: HTMLElement
  #isFollowing = true
  /** The last position set here, and the last one seen. */
  #set = -1
  #last = 0
  /** How long the conversation was when the reader left its end. */
  #left = 0
  /** What browsers round off a position, so that many small steps do not add up to one that is seen. */
  #owed = 0
  #sizes: ResizeObserver

  constructor(box: HTMLElement, content: HTMLElement) {
    this.#box = box
    this.#content = content
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

  /** Stays where it is from now on, whatever grows below. */
  hold = (): void => {
    if (!this.#isFollowing) return
    this.#isFollowing = false
    this.#left = this.#end()
  }

  /** The answer is over: what was put below it comes into sight, as far as what it said last stays there. */
  finish(): void {
    if (!this.#isFollowing) return
    const end = this.#content.lastElementChild?.querySelector('.answer-end')
    if (end) {
      const [view, { top, bottom }] = [this.#box.getBoundingClientRect(), end.getBoundingClientRect()]
      const hidden = Math.min(bottom - view.bottom + MARGIN_PX, top - view.top - LAST_WORDS_PX)
      if (hidden > 1) this.#go(this.#box.scrollTop + hidden)
    }
    this.rest()
  }

  /** Stays where it is while nothing is written: what grows then is nothing that was missed. */
  rest = (): void => {
    this.hold()
    this.#left = Infinity
  }

  /** After something was put in above: `anchor` stands where it stood. */
  restore(anchor: Element, top: number): void {
    if (this.#isFollowing) return this.#settle()
    const wanted = this.#box.scrollTop + anchor.getBoundingClientRect().top - top + this.#owed
    this.#go(wanted)
    this.#owed = wanted - this.#set
  }

  #settle(): void {
    // A question that was just asked has a whole view to itself (`--view`), so its end is its beginning at the top.
    this.#content.style.setProperty('--view', `${this.#box.clientHeight}px`)
    if (this.#isFollowing) this.#go(this.#box.scrollHeight)
    // A view that grows is past the end until its question grows with it: the browser has gone back meanwhile.
    else if (this.#box.scrollTop < this.#last) this.#go(this.#last)
    this.#look()
  }

  #go(top: number): void {
    this.#box.scrollTop = top
    this.#set = this.#box.scrollTop
    this.#last = this.#set
  }

  #moved = (): void => {
    const top = this.#box.scrollTop
    const below = this.#box.scrollHeight - this.#box.clientHeight - top
    // At the very end it can only be the browser that moved: what was there has become shorter.
    if (Math.abs(top - this.#set) > 1 && below > 1) {
      if (top < this.#last - LEAVE_PX) this.hold()
      else if (top > this.#last && below < NEAR_PX) this.#isFollowing = true
    } else if (below <= 1 && top > this.#last) {
      this.#isFollowing = true
    }
    // `#settle` comes next where the browser has gone back, and sees whether it had to.
    if (below > 1 || top > this.#last) this.#last = top
    this.#look()
  }

  #look(): void {
    const hidden = this.#end() - this.#box.scrollTop - this.#box.clientHeight
    if (this.#isFollowing || hidden < NEAR_PX) this.isAway.value = false
    else if (hidden > FAR_PX) this.isAway.value = true
    this.newLines.value = this.isAway.value ? Math.max(0, Math.round((this.#end() - this.#left) / LINE_PX)) : 0
  }

  /** Where the last words stand: a short answer has empty room below it. */
  #end(): number {
    const last = this.#content.lastElementChild?.lastElementChild ?? this.#content
    return last.getBoundingClientRect().bottom - this.#box.getBoundingClientRect().top + this.#box.scrollTop
  }
}
