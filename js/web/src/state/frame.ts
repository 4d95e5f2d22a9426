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
