/** The settings that go with a person from browser to browser: remembered here, kept by the server. What is chosen
 * holds at once; what the server has not taken is sent again, and until then nothing it says undoes it. */

import { batch, signal, type Signal } from '@preact/signals'
import { isChatError } from '@rivulet/client'

import { kept } from './kept.ts'
import { keyPrompt, request } from './server.ts'
import { isSettled, STREAMING, streaming, USAGE, usage, WHILE_ANSWERING, whileAnswering } from './settings.ts'

type Name = 'streaming' | 'while_answering' | 'usage'
type Chosen = Partial<Record<Name, string>>

const WORDS: Record<Name, readonly string[]> = { streaming: STREAMING, while_answering: WHILE_ANSWERING, usage: USAGE }
const VALUES = { streaming, while_answering: whileAnswering, usage } as unknown as Record<Name, Signal<string>>
const NAMES = Object.keys(WORDS) as Name[]

/** A server is started again within seconds; asking it this often costs it nothing. */
const AGAIN_MS = 3000
/** More than a slow line takes for a few words: a server that lets us wait longer does not answer. */
const PATIENCE_MS = 10_000

/** Chosen here and not taken yet; the tabs of a browser share it, and a reload keeps it. */
const unsent = kept<readonly Name[]>('unsent', (stored) => (Array.isArray(stored) ? NAMES.filter((name) => stored.includes(name)) : []))

/** Whether something could not be sent, and waits. */
export const isWaiting = signal(false)

let order: Promise<void> = Promise.resolve()
let timer: ReturnType<typeof setTimeout> | undefined

/** Somebody wants this from now on, here and in every other browser. */
export function prefer(name: Name, word: string): void {
  batch(() => {
    VALUES[name].value = word
    unsent.value = [...unsent.value.filter((one) => one !== name), name]
  })
  void syncPreferences()
}

/** Sends what was chosen here and takes what was chosen elsewhere, one time after the other. Never fails. */
export function syncPreferences(): Promise<void> {
  return (order = order.then(exchange))
}

async function exchange(): Promise<void> {
  clearTimeout(timer)
  const before = values(NAMES)
  const sent = values(unsent.peek())
  const asking = new AbortController()
  const { signal } = asking
  const limit = setTimeout(() => asking.abort(), PATIENCE_MS)
  try {
    take(await request<Chosen>('preferences', unsent.peek().length ? { method: 'PATCH', json: sent, signal } : { signal }), before, sent)
    isWaiting.value = false
  } catch (problem) {
    isWaiting.value = unsent.peek().length > 0
    const mayPass = isWaiting.value && isChatError(problem) && problem.retryable
    if (mayPass || signal.aborted) timer = setTimeout(() => void syncPreferences(), AGAIN_MS)
  }
  clearTimeout(limit)
  // As long as somebody is asked for the key, it is not the server that lets us wait.
  isSettled.value ||= !signal.aborted || keyPrompt.peek() === 'hidden'
}

/** What was chosen here while the server was asked is newer than what it says. */
function take(said: Chosen, before: Chosen, sent: Chosen): void {
  batch(() => {
    unsent.value = unsent.value.filter((name) => VALUES[name].value !== sent[name])
    for (const name of NAMES) {
      const word = said[name]
      const isOlder = unsent.value.includes(name) || VALUES[name].value !== before[name]
      if (!isOlder && word !== undefined && WORDS[name].includes(word)) VALUES[name].value = word
    }
  })
}

const values = (names: readonly Name[]): Chosen => Object.fromEntries(names.map((name) => [name, VALUES[name].peek()]))
