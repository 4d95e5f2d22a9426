/** Questions written while an answer runs: sent one by one when it is done, held back when it was not. */

import { effect, signal } from '@preact/signals'

import { tab } from './kept.ts'

export interface Waiting {
  readonly key: number
  readonly question: string
}

let made = 0

/** Belongs to one chat in one tab and outlives a reload. */
export class Queue {
  readonly waiting = signal<readonly Waiting[]>([])
  /** After a stop or an error nothing is sent until somebody says so. */
  readonly isHeld = signal(false)
  #name: string
  #forget: () => void

  constructor(chatId: string | null) {
    this.#name = nameOf(chatId)
    const kept = read(tab.get(this.#name))
    this.waiting.value = kept.map((question) => ({ key: ++made, question }))
    this.#forget = effect(() => this.#store())
  }

  /** A new chat has its id now. */
  rename(chatId: string): void {
    tab.set(this.#name, undefined)
    this.#name = nameOf(chatId)
    this.#store()
  }

  /** What is stored stays; this object stops minding it. */
  leave(): void {
    this.#forget()
  }

  add(question: string): void {
    this.waiting.value = [...this.waiting.value, { key: ++made, question }]
  }

  /** Back to the front: it was not taken. */
  giveBack(question: string): void {
    this.waiting.value = [{ key: ++made, question }, ...this.waiting.value]
  }

  remove(key: number): string | undefined {
    const found = this.waiting.value.find((one) => one.key === key)
    this.waiting.value = this.waiting.value.filter((one) => one !== found)
    if (!this.waiting.value.length) this.isHeld.value = false
    return found?.question
  }

  /** The next one to be sent, unless they are held back. */
  next(): string | undefined {
    const first = this.isHeld.value ? undefined : this.waiting.value[0]
    return first && this.remove(first.key)
  }

  #store(): void {
    const questions = this.waiting.value.map(({ question }) => question)
    tab.set(this.#name, questions.length ? questions : undefined)
  }
}

const nameOf = (chatId: string | null) => `queue.${chatId ?? 'new'}`

function read(stored: unknown): string[] {
  return Array.isArray(stored) ? stored.filter((one) => typeof one === 'string') : []
}
