/** How often a growing block is shown. A browser lays out a table as a whole whenever one of its cells grows, so a
 * large one is shown some of the frames only; the words in between come with the next. */

/** From this many rows on a frame costs more than the rest of the page's work together. */
const LARGE = 150
/** Two frames and a bit: the words are on the screen before anybody could miss them. */
const PAUSE_MS = 40

export class Pace {
  #show: () => void
  #shownAt = 0
  #timer: number | undefined

  constructor(show: () => void) {
    this.#show = show
  }

  /** Whether what has come should wait; it is shown soon in any case. */
  waits(rows: number): boolean {
    if (rows < LARGE) return false
    const rest = this.#shownAt + PAUSE_MS - performance.now()
    if (rest <= 0) return false
    this.#timer ??= window.setTimeout(() => this.#due(), rest)
    return true
  }

  /** It is shown now. */
  shown(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#shownAt = performance.now()
  }

  #due(): void {
    this.#timer = undefined
    this.#show()
  }
}
