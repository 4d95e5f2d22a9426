/** What an operator says about a widget, on its script tag or on the element itself. */

export interface Settings {
  /** Where the server is, without a slash at the end. */
  baseUrl: string
  key: string
  title: string
  greeting: string
  placeholder: string
  suggestions: string[]
  isInline: boolean
  isOpen: boolean
  words: Words
}

/** Everything the widget says by itself; `data-words` replaces any of it, as JSON. */
export const WORDS = {
  open: 'Open chat',
  newAnswer: 'Open chat, there is a new answer',
  close: 'Close chat',
  startNew: 'New conversation',
  expand: 'Larger',
  shrink: 'Smaller',
  send: 'Send',
  stop: 'Stop',
  retry: 'Try again',
  you: 'You asked',
  source: 'Source',
  page: 'page',
  stopped: 'Stopped',
  incomplete: 'The answer was cut off.',
  thinking: 'Thinking…',
  retrieval: 'Searching…',
  reranking: 'Choosing the best passages…',
  generation: 'Writing…',
  queued: 'Waiting for its turn…',
  done: 'The answer is complete.',
  reconnecting: 'Reconnecting…',
  offline: 'Waiting for the network…',
  missing: 'The chat cannot be loaded.',
  gone: 'The earlier conversation is no longer there.',
  unwelcome: 'This chat is not available on this page.',
}
export type Words = typeof WORDS

/** The element's own attributes go before those of the script that brought it. */
export function settingsOf(element: HTMLElement, script: DOMStringMap, baseUrl: string): Settings {
  const data = { ...script, ...element.dataset }
  return {
    baseUrl,
    key: data['key'] ?? '',
    title: data['title'] ?? 'Chat',
    greeting: data['greeting'] ?? 'Hello! What would you like to know?',
    placeholder: data['placeholder'] ?? 'Ask a question',
    suggestions: (data['suggestions'] ?? '').split('|').map((text) => text.trim()).filter(Boolean).slice(0, 4),
    isInline: element.hasAttribute('inline'),
    isOpen: data['open'] !== undefined && data['open'] !== 'false',
    words: { ...WORDS, ...read(data['words']) },
  }
}

function read(json: string | undefined): Partial<Words> {
  try {
    return json ? (JSON.parse(json) as Partial<Words>) : {}
  } catch {
    console.warn('The chat cannot read data-words: it must be JSON.')
    return {}
  }
}
