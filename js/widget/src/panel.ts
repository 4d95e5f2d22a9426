/** The chat itself, in the shadow of its element: header, transcript, composer. */

import type { ChatError } from '@rivulet/client'
import { LiveChat, type ChatSnapshot } from '@rivulet/client/chat'

import { Answer } from './answer.ts'
import { Composer } from './composer.ts'
import { icon, make, styled } from './elements.ts'
import type { Chat } from './loader.ts'
import css from './panel.css'
import { Session } from './session.ts'
import type { Settings } from './settings.ts'
import { Store } from './store.ts'
import { Visitor } from './visitor.ts'
import { worded, type Worded } from './words.ts'

const PLUS = 'M10 4v12M4 10h12'
const GROW = 'M11.5 4H16v4.5M8.5 16H4v-4.5M16 4l-5 5M4 16l5-5'
const CROSS = 'M5 5l10 10M15 5L5 15'

/** Below this width the panel covers the page, which then does not scroll. */
const PHONE = '(max-width: 480px)'
/** Nearer to the end than this, the reader is at the end. */
const NEAR_PX = 60

export class Panel {
  readonly #host: Chat
  readonly #settings: Worded
  readonly #launcher: HTMLButtonElement | undefined
  readonly #store: Store
  readonly #session: Session
  readonly #visitor: Visitor
  readonly #chat: LiveChat
  readonly #composer: Composer
  readonly #panel: HTMLElement
  readonly #log = make('div', { class: 'log', part: 'transcript', role: 'log', tabindex: '0', onscroll: () => this.#scrolled() })
  readonly #hello = make('div', { class: 'hello' })
  readonly #gone = make('small', { role: 'status' })
  readonly #grow: HTMLButtonElement
  readonly #rows = make('div', { class: 'rows' })
  readonly #stage = make('p', { class: 'stage', role: 'status', hidden: true })
  readonly #error = make('div', { class: 'error', role: 'alert', hidden: true })
  readonly #connection = make('p', { class: 'connection', role: 'status', hidden: true })
  readonly #outcome = make('p', { class: 'unseen', role: 'status' })
  #shown: (Answer | HTMLElement)[] = []
  #before: ChatSnapshot | undefined
  #isAtEnd = true
  #overflow: string | undefined

  constructor(host: Chat, root: ShadowRoot, plain: Settings, launcher: HTMLButtonElement | undefined) {
    this.#host = host
    const settings = (this.#settings = worded(plain))
    this.#launcher = launcher
    this.#store = new Store(settings.key)
    this.#session = new Session(settings.key)
    const { baseUrl, key, words, title, smallPrint } = settings
    const { chatId } = this.#store
    const visitor = (this.#visitor = new Visitor(baseUrl, key, this.#store))
    this.#chat = new LiveChat({
      baseUrl,
      key,
      chatId,
      fetch: visitor.fetch,
      share: () => visitor.name,
      onChat: (id) => this.#store.keep(id),
      onFinish: ({ text, status }) => this.#host.tell('answer', { text, status }),
      onError: (error) => this.#failed(error),
    })
    this.#composer = new Composer(settings, (text) => void this.send(text), () => void this.#chat.stop())
    const button = (label: string, path: string, onclick: () => void, name = '') =>
      make('button', { type: 'button', class: `plain ${name}`, 'aria-label': label, title: label, onclick }, icon(path))
    this.#grow = button(words.expand, GROW, () => this.#resize(), 'grow')
    this.#log.setAttribute('aria-label', title)
    this.#log.append(this.#hello, this.#rows, this.#stage, this.#error)
    this.#panel = make(
      'section',
      { class: 'panel', part: 'panel', role: settings.isInline ? 'region' : 'dialog', 'aria-label': title, hidden: !settings.isInline, onkeydown: (event: KeyboardEvent) => this.#key(event) },
      make(
        'header',
        { part: 'header' },
        make('h2', {}, title),
        button(words.startNew, PLUS, () => this.#startNew()),
        ...(settings.isInline ? [] : [this.#grow, button(words.close, CROSS, () => this.close())]),
      ),
      this.#log,
      this.#connection,
      this.#composer.element,
      ...(smallPrint ? [make('small', { part: 'small-print', dir: 'auto' }, smallPrint)] : []),
      this.#outcome,
    )
    this.#greet()
    styled(root, css)
    root.prepend(this.#panel)
    this.#chat.subscribe(() => this.#show(this.#chat.snapshot()))
    this.#show(this.#chat.snapshot())
    if (chatId) void this.#chat.resumeStream()
  }

  get isOpen(): boolean {
    return !this.#panel.hidden
  }

  open(withFocus: boolean): void {
    if (!this.isOpen) {
      this.#panel.hidden = false
      if (!this.#store.secondsLeft) this.#visitor.prepare()
      this.#host.tell('open')
      if (matchMedia(PHONE).matches) this.#holdPage()
    }
    this.#session.isOpen = !this.#settings.isInline
    this.#launcher?.setAttribute('aria-expanded', 'true')
    this.#launcher?.setAttribute('aria-label', this.#settings.words.close)
    this.#launcher?.classList.remove('has-news')
    this.#toEnd()
    if (withFocus) this.#composer.focus()
  }

  close(): void {
    if (this.#settings.isInline || !this.isOpen) return
    this.#panel.hidden = true
    this.#session.isOpen = false
    this.#letPageGo()
    this.#launcher?.setAttribute('aria-expanded', 'false')
    this.#launcher?.setAttribute('aria-label', this.#settings.words.open)
    this.#launcher?.focus()
    this.#host.tell('close')
  }

  toggle(): void {
    if (this.isOpen) this.close()
    else this.open(true)
  }

  async send(text: string): Promise<void> {
    if (this.#chat.snapshot().inputDisabled) return
    // Kept before the question is sent: its answer must be found again by whoever reloads now.
    this.#store.keep(this.#chat.snapshot().chatId)
    this.#isAtEnd = true
    this.#host.tell('question', { text })
    await this.#chat.sendMessage({ text })
  }

  leave(): void {
    this.#letPageGo()
    this.#visitor.leave()
    this.#chat.leave()
  }

  #startNew(): void {
    this.#gone.textContent = ''
    this.#chat.startNew()
    this.#store.keep(undefined)
    this.#composer.focus()
  }

  /** A chat that is no longer there, or was that of a visitor whose time is over, gives way to a new one: a
   *  question that it did not take is asked there, and what was said before stays on the screen. */
  #failed({ code, message }: ChatError): void {
    const { messages, chatId } = this.#chat.snapshot()
    const isAsked = messages.length > 0 && !messages.at(-1)?.turnId
    if (code === 'not_found' && chatId && (isAsked || !messages.length)) {
      this.#chat.startNew()
      this.#store.keep(undefined)
      if (isAsked) {
        this.#chat.setMessages(messages)
        void this.#chat.regenerate()
        return
      }
      this.#gone.textContent = this.#settings.words.gone
    }
    this.#host.tell('error', { code, message })
  }

  #resize(): void {
    const { shrink, expand } = this.#settings.words
    const label = this.#panel.classList.toggle('large') ? shrink : expand
    this.#grow.setAttribute('aria-label', label)
    this.#grow.title = label
  }

  #greet(): void {
    const { greeting, suggestions } = this.#settings
    this.#hello.append(make('p', { dir: 'auto' }, greeting), this.#gone)
    for (const text of suggestions) {
      this.#hello.append(make('button', { type: 'button', class: 'suggestion', onclick: () => void this.send(text) }, text))
    }
  }

  #show(now: ChatSnapshot): void {
    const before = this.#before
    this.#before = now
    const { words } = this.#settings
    const isRunning = now.inputDisabled
    if (before?.messages !== now.messages) this.#showMessages(now)
    this.#hello.classList.toggle('is-asked', now.messages.length > 0)
    this.#log.setAttribute('aria-busy', String(isRunning))
    this.#composer.isRunning = isRunning
    this.#session.isAwaited = isRunning
    const { stage } = now
    const isWaiting = isRunning && now.status !== 'streaming'
    const doing = stage ? ((words as Record<string, string>)[stage.name] ?? stage.label ?? words.thinking) : words.thinking
    if (isWaiting && this.#stage.textContent !== doing) this.#stage.replaceChildren(make('i'), doing)
    if (!isWaiting) this.#stage.replaceChildren()
    this.#stage.hidden = !isWaiting
    const status = now.trouble?.error.status
    const lost = now.connection === 'open' ? '' : status ? `${words.faulty} (${status})` : words[now.connection]
    if (this.#connection.textContent !== lost) this.#connection.textContent = lost
    this.#connection.hidden = !lost
    if (before?.error !== now.error) void this.#showError(now)
    if (before?.inputDisabled && !isRunning) this.#ended(now)
    if (this.#isAtEnd) this.#toEnd()
  }

  #ended({ error }: ChatSnapshot): void {
    const answer = this.#shown.at(-1)
    this.#outcome.textContent = error ? '' : (answer instanceof Answer && answer.note) || this.#settings.words.done
    if (this.isOpen) return
    this.#launcher?.classList.add('has-news')
    this.#launcher?.setAttribute('aria-label', this.#settings.words.newAnswer)
  }

  #showMessages({ messages }: ChatSnapshot): void {
    messages.forEach((message, i) => {
      const present = this.#shown[i]
      if (message.role === 'assistant') {
        const answer = present instanceof Answer ? present : new Answer(this.#settings.words)
        answer.show(message)
        this.#place(i, answer, answer.element)
      } else if (!(present instanceof HTMLElement) || present.dataset['text'] !== message.text) {
        const { you } = this.#settings.words
        const question = make('article', { class: 'question', part: 'message question', dir: 'auto', 'data-text': message.text }, make('span', { class: 'unseen' }, `${you}: `), message.text)
        this.#place(i, question, question)
      }
    })
    for (const row of this.#shown.splice(messages.length)) elementOf(row).remove()
  }

  #place(i: number, row: Answer | HTMLElement, element: HTMLElement): void {
    const present = this.#shown[i]
    if (present === row) return
    if (present) elementOf(present).replaceWith(element)
    else this.#rows.append(element)
    this.#shown[i] = row
  }

  async #showError({ error }: ChatSnapshot): Promise<void> {
    this.#error.hidden = !error
    if (!error) return this.#error.replaceChildren()
    const refusal = error.code === 'network' ? await this.#refusal() : undefined
    const { retry, unwelcome } = this.#settings.words
    const about = [error.code, error.requestId].filter(Boolean).join(' · ')
    this.#error.replaceChildren(
      make('p', {}, refusal ? unwelcome : error.message),
      make('small', {}, refusal ?? about),
      ...(refusal ? [] : [make('button', { type: 'button', class: 'retry', onclick: () => void this.#chat.regenerate() }, retry)]),
    )
    this.#error.hidden = false
    if (this.#isAtEnd) this.#toEnd()
  }

  /** A page that the key is not for cannot read the refusal itself; the server tells it in another place. */
  async #refusal(): Promise<string | undefined> {
    const { baseUrl, key } = this.#settings
    const answer = await fetch(`${baseUrl}/v1/widget?key=${encodeURIComponent(key)}`).then((found) => found.json()).catch(() => undefined)
    const { is_welcome: isWelcome, message } = (answer ?? {}) as { is_welcome?: boolean; message?: string }
    if (isWelcome !== false) return undefined
    console.warn(`Chat: ${message}`)
    return message
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.isComposing || this.#settings.isInline) return
    event.stopPropagation()
    this.close()
  }

  #scrolled(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.#log
    this.#isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_PX
  }

  #toEnd(): void {
    this.#log.scrollTop = this.#log.scrollHeight
  }

  #holdPage(): void {
    const { style } = document.documentElement
    this.#overflow ??= style.overflow
    style.setProperty('overflow', 'hidden', 'important')
  }

  #letPageGo(): void {
    if (this.#overflow === undefined) return
    document.documentElement.style.overflow = this.#overflow
    this.#overflow = undefined
  }
}

const elementOf = (row: Answer | HTMLElement) => (row instanceof Answer ? row.element : row)
