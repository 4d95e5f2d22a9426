/** What every page pays: the launcher, and fetching the rest when somebody comes near it. */

import css from './launcher.css'
import { icon, make, styled } from './elements.ts'
import type { Panel } from './panel.ts'
import { was } from './session.ts'
import { settingsOf, type Settings } from './settings.ts'

/** Replaced by the build. */
declare const PANEL_FILE: string
declare const PANEL_HASH: string

export type Listener = (detail?: unknown) => void

const script = document.currentScript as HTMLScriptElement | null
const home = new URL('.', script?.src ?? location.href).href
const BUBBLE = 'M4 4.5h12a1.5 1.5 0 0 1 1.5 1.5v7a1.5 1.5 0 0 1-1.5 1.5H9.5L5.5 17.5v-3H4A1.5 1.5 0 0 1 2.5 13V6A1.5 1.5 0 0 1 4 4.5z'
const CLOSE = 'M5 5l10 10M15 5L5 15'

let one: Chat | undefined

/** `<x-chat>`: floating in a corner, or with `inline` wherever it stands. */
class Chat extends HTMLElement {
  #settings!: Settings
  #root!: ShadowRoot
  #launcher: HTMLButtonElement | undefined
  #panel: Promise<Panel | undefined> | undefined
  #attempts = 0
  #note: HTMLElement | undefined
  #listeners = new Map<string, Set<Listener>>()

  connectedCallback(): void {
    one ??= this
    if (this.shadowRoot) return
    this.#settings = settingsOf(this, script?.dataset ?? {}, home)
    this.dataset['theme'] ??= script?.dataset['theme'] ?? 'auto'
    this.dataset['side'] ??= script?.dataset['side'] ?? 'right'
    this.#root = this.attachShadow({ mode: 'open' })
    styled(this.#root, css)
    const { isInline, isOpen, words, key } = this.#settings
    if (!isInline) {
      this.#launcher = make(
        'button',
        {
          type: 'button', part: 'launcher', class: 'launcher', 'aria-label': words.open, 'aria-expanded': 'false',
          onclick: () => void this.toggle(), onpointerenter: () => void this.#load(), onfocus: () => void this.#load(),
        },
        icon(BUBBLE),
        icon(CLOSE),
        make('i', { class: 'badge' }),
      )
      this.#root.append(this.#launcher)
    }
    if (isInline || isOpen || was('open', key)) void this.open()
    // An answer may have been on its way when the page before this one was left.
    else if (was('awaited', key)) void this.#load()
  }

  #load(): Promise<Panel | undefined> {
    // A browser may remember for ever that an address could not be loaded.
    const href = new URL(PANEL_FILE, home).href + (this.#attempts ? `?${this.#attempts}` : '')
    // Whoever wants this file and no other wants the next one so too: an import takes what was preloaded, or nothing.
    if (script?.integrity && !this.#panel) document.head.append(make('link', { rel: 'modulepreload', integrity: PANEL_HASH, href }))
    this.#panel ??= (import(href) as Promise<typeof import('./panel.ts')>)
      .then(({ Panel }) => new Panel(this, this.#root, this.#settings, this.#launcher))
      .catch((problem: unknown) => {
        this.#panel = undefined
        this.#attempts++
        console.warn(problem)
        return undefined
      })
    return this.#panel
  }

  /** The panel, or at the launcher the words that there is none. */
  async #wanted(): Promise<Panel | undefined> {
    const panel = await this.#load()
    const { missing, retry } = this.#settings.words
    this.#note?.remove()
    if (this.#launcher) this.#launcher.title = panel ? '' : missing
    if (!panel) {
      this.#note = make('p', { class: 'note', role: 'alert' }, missing, ' ', make('button', { type: 'button', onclick: () => void this.open() }, retry))
      this.#root.append(this.#note)
      this.tell('error', { code: 'network', message: missing })
    }
    return panel
  }

  open = async (): Promise<void> => (await this.#wanted())?.open(!this.#settings.isInline)
  close = async (): Promise<void> => (await this.#panel)?.close()
  toggle = async (): Promise<void> => (await this.#wanted())?.toggle()

  /** Asks a question as if the visitor had typed it. */
  send = async (text: string): Promise<void> => {
    const panel = await this.#wanted()
    panel?.open(false)
    await panel?.send(text)
  }

  /** `open`, `close`, `question`, `answer` or `error`; returns how to stop listening. */
  on = (name: string, listener: Listener): (() => void) => {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners.add(listener))
    return () => void listeners.delete(listener)
  }

  tell(name: string, detail?: unknown): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(detail)
  }

  /** Takes the chat away; answers on their way are finished on the server. */
  destroy = async (): Promise<void> => {
    this.remove()
    ;(await this.#panel)?.leave()
    if (one === this) one = undefined
  }
}

export type { Chat }

/** The chat of this page. */
const api = {
  open: () => one?.open(),
  close: () => one?.close(),
  send: (text: string) => one?.send(text),
  on: (name: string, listener: Listener) => one?.on(name, listener),
  destroy: () => one?.destroy(),
}

function start(): void {
  if (!document.querySelector('x-chat')) {
    const element = document.createElement('x-chat')
    const place = script?.dataset['container']
    if (place) element.setAttribute('inline', '')
    const parent = place ? document.querySelector(place) : document.body
    if (parent) parent.append(element)
    else console.warn(`The chat finds no ${place} on this page.`)
  }
}

if (!customElements.get('x-chat')) {
  Object.assign(globalThis, { rivulet: api })
  customElements.define('x-chat', Chat)
  // A script that comes early meets a page whose elements are not all there.
  if (document.readyState === 'loading') addEventListener('DOMContentLoaded', start)
  else start()
}
