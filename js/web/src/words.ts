/** Everything the page says, in the visitor's language. Reading a word while rendering is enough to be drawn again
 * when the language changes; catalogues other than English are loaded when they are wanted. */

import { signal } from '@preact/signals'

import { en, type Words } from './words/en/index.ts'

export type { Words }

/** The languages there are, by their own names. */
export const LANGUAGES = { en: 'English', de: 'Deutsch', ar: 'العربية' } as const
/** `en-XA` is for tests. */
export type Language = keyof typeof LANGUAGES | 'en-XA'

const CATALOGUES: Record<Exclude<Language, 'en'>, () => Promise<Words>> = {
  de: async () => (await import('./words/de/index.ts')).de,
  ar: async () => (await import('./words/ar/index.ts')).ar,
  'en-XA': async () => (await import('./words/pseudo.ts')).pseudo,
}
const STORE = 'rivulet.language'

const catalogue = signal<Words>(en)

export const language = signal<Language>('en')

export const words = new Proxy(en, { get: (_, key) => catalogue.value[key as keyof Words] })

/** Speaks this language from now on, also at the next visit; `auto` is the browser's. */
export async function speak(wanted: Language | 'auto'): Promise<void> {
  keep(wanted)
  await load(wanted === 'auto' ? preferred() : wanted)
}

/** The language of this visit, before anything is drawn. Without its catalogue the page speaks English. */
export async function startSpeaking(): Promise<void> {
  await load(chosenLanguage() ?? preferred()).catch(() => undefined)
}

/** What somebody chose here; nothing means as the browser says. */
export function chosenLanguage(): Language | undefined {
  try {
    return known(localStorage.getItem(STORE))
  } catch {
    return undefined
  }
}

async function load(wanted: Language): Promise<void> {
  catalogue.value = wanted === 'en' ? en : await CATALOGUES[wanted]()
  language.value = wanted
  const root = document.documentElement
  root.lang = wanted
  root.dir = wanted === 'ar' ? 'rtl' : 'ltr'
}

function keep(wanted: Language | 'auto'): void {
  try {
    if (wanted === 'auto') localStorage.removeItem(STORE)
    else localStorage.setItem(STORE, wanted)
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

function preferred(): Language {
  return navigator.languages.map((one) => known(one.split('-')[0])).find((one) => one) ?? 'en'
}

function known(code: string | null | undefined): Language | undefined {
  return code === 'en' || (code && code in CATALOGUES) ? (code as Language) : undefined
}
