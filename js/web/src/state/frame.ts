/** Work that is worth doing at most once per painted frame. A hidden page paints nothing and catches up once. */

export class PerFrame {
  #work: () => void
  #asked: number | undefined

  constructor(work: () => void) {
    this.#work = work
  }

  ask(): void {
    this.#asked ??= requestAnimationFrame(() => this.now())
  }

  now(): void {
    if (this.#asked !== undefined) cancelAnimationFrame(this.#asked)
    this.#asked = undefined
    this.#work()
  }
}

/** What comes in one burst is worth showing at once: when a frame has brought nothing more, and soon in any case. */
export class Burst {
  readonly #over: () => void
  #frames = 0
  #hasMore = false

  constructor(over: () => void) {
    this.#over = over
  }

  more(): void {
    this.#hasMore = true
    if (!this.#frames) this.#wait()
  }

  #wait(): void {
    this.#frames += 1
    requestAnimationFrame(() => {
      if (!this.#hasMore || this.#frames > MOST_FRAMES) return this.#over()
      this.#hasMore = false
      this.#wait()
    })
  }
}

/** A fifth of a second. */
const MOST_FRAMES = 12
