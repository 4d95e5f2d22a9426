/** Work that is worth doing at most once per painted frame, and that then rests as long as it and its painting took:
 * half of a slow processor's time is left for whoever types and scrolls. A hidden page paints nothing and catches up
 * once. */
export class PerFrame {
  #work: () => void
  #asked: number | undefined
  #restedAt = 0

  constructor(work: () => void) {
    this.#work = work
  }

  ask(): void {
    this.#asked ??= requestAnimationFrame(this.#frame)
  }

  now(): void {
    if (this.#asked !== undefined) cancelAnimationFrame(this.#asked)
    this.#asked = undefined
    this.#work()
  }

  #frame = (): void => {
    this.#asked = undefined
    const begun = performance.now()
    if (begun < this.#restedAt) return this.ask()
    this.#work()
    // Timers run when the frame is painted.
    setTimeout(() => {
      const painted = performance.now()
      this.#restedAt = painted + Math.min(painted - begun, LONGEST_REST_MS)
    })
  }
}

/** What is delayed by less is not felt as late. */
const LONGEST_REST_MS = 100

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
