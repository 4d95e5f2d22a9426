/** Signals that this device remembers, and that its tabs share; without storage they last as long as the page. */

import { effect, signal, type Signal } from '@preact/signals'

/** One of a few words; the first one is the standard. */
export function choice<Word extends string>(name: string, words: readonly Word[]): Signal<Word> {
  return kept(name, (value) => words.find((one) => one === value) ?? (words[0] as Word))
}

/** `read` makes a value of what was stored, or of nothing; what it refuses is as if it had never been stored. */
export function kept<Value>(name: string, read: (stored: unknown) => Value): Signal<Value> {
  const key = `rivulet.${name}`
  const value = signal(read(stored(localStore(), key)))
  let known = JSON.stringify(value.peek())
  effect(() => {
    const text = JSON.stringify(value.value)
    if (text !== known) store(localStore(), key, text)
    known = text
  })
  addEventListener('storage', (event) => {
    if (event.key !== key) return
    value.value = read(parsed(event.newValue))
  })
  return value
}

/** What a tab keeps for itself over a reload. */
export const tab = {
  get: (key: string): unknown => stored(tabStore(), `rivulet.${key}`),
  set: (key: string, value: unknown): void => store(tabStore(), `rivulet.${key}`, value === undefined ? undefined : JSON.stringify(value)),
}

function stored(place: Storage | undefined, key: string): unknown {
  try {
    return parsed(place?.getItem(key) ?? null)
  } catch {
    return undefined
  }
}

/** A full storage is as good as none. */
function store(place: Storage | undefined, key: string, text: string | undefined): void {
  try {
    if (text === undefined) place?.removeItem(key)
    else place?.setItem(key, text)
  } catch {
    return
  }
}

/** Words were once stored as they are, without quotes. */
function parsed(text: string | null): unknown {
  if (text === null) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const localStore = () => placeOf(() => localStorage)
const tabStore = () => placeOf(() => sessionStorage)

/** Where storage is switched off, the mere word throws. */
function placeOf(open: () => Storage): Storage | undefined {
  try {
    return open()
  } catch {
    return undefined
  }
}
