/** What an operator says about a widget, on its script tag or on the element itself. */

export interface Settings {
  /** Where the server is, without a slash at the end. */
  baseUrl: string
  key: string
  title: string
  greeting: string
  placeholder: string
  suggestions: string[]
  smallPrint: string
  isInline: boolean
  isOpen: boolean
  words: FirstWords
}

/** What the loader says by itself. */
const FIRST_WORDS = {
  open: 'Open chat',
  missing: 'The chat cannot be loaded.',
  retry: 'Try again',
}
export type FirstWords = typeof FIRST_WORDS

/** The element's own attributes go before those of the script that brought it. */
export function settingsOf(element: HTMLElement, script: DOMStringMap, home: string): Settings {
  const data = { ...script, ...element.dataset }
  return {
    baseUrl: (data['server'] ?? home).replace(/\/$/, ''),
    key: data['key'] ?? '',
    title: data['title'] ?? 'Chat',
    greeting: data['greeting'] ?? 'Hello! What would you like to know?',
    placeholder: data['placeholder'] ?? 'Ask a question',
    suggestions: (data['suggestions'] ?? '').split('|').map((text) => text.trim()).filter(Boolean).slice(0, 4),
    smallPrint: data['smallPrint'] ?? '',
    isInline: element.hasAttribute('inline'),
    isOpen: data['open'] !== undefined && data['open'] !== 'false',
    words: { ...FIRST_WORDS, ...read(data['words']) },
  }
}

function read(json: string | undefined): Partial<FirstWords> {
  try {
    return json ? (JSON.parse(json) as Partial<FirstWords>) : {}
  } catch {
    console.warn('The chat cannot read data-words: it must be JSON.')
    return {}
  }
}
