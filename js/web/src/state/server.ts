/** The page's one client. When the server asks for a key, every request waits until somebody has given it. */

import { signal } from '@preact/signals'
import { Api, createClient, type Call, type Client } from '@rivulet/client'
import { sharedEvents } from '@rivulet/client/shared'

/** Whether the key is being asked for, and whether one was refused before. */
export const keyPrompt = signal<'hidden' | 'asked' | 'refused'>('hidden')

const STORE = 'rivulet.key'

let key = read()
let waiting: { given: Promise<void>; give: () => void } | undefined

/** Where this page came from, whatever folder a proxy put it in. */
export const baseUrl = new URL('.', location.href).href.replace(/\/$/, '')

const options = { baseUrl, fetch: guarded((...request) => fetch(...request)) }

export const server: Client = createClient({ ...options, events: sharedEvents(options) })

const door = new Api(options)

/** A request that only this page makes. */
export function request<Body>(path: string, call: Call = {}): Promise<Body> {
  return door.json<Body>(path, call)
}

/** The same for what is not JSON. */
export function download(path: string, call: Call = {}): Promise<Response> {
  return door.answer(path, call)
}

/** A client whose requests go through `send`, with the same key and the same patience. */
export function clientThrough(send: typeof fetch): Client {
  return createClient({ baseUrl, fetch: guarded(send) })
}

/** Takes the key somebody typed and lets the waiting requests go on. */
export function giveKey(text: string): void {
  key = text.trim()
  try {
    sessionStorage.setItem(STORE, key)
  } catch {
    // Storage may be switched off; then the key lives as long as the page.
  }
  keyPrompt.value = 'hidden'
  waiting?.give()
  waiting = undefined
}

/** Whether requests carry a key, which links do not. */
export function isKeyed(): boolean {
  return key !== undefined
}

function guarded(send: typeof fetch): typeof fetch {
  return async (address, init) => {
    for (;;) {
      const used = key
      const response = await send(address, withKey(init, used))
      if (response.status !== 401) return response
      if (used === key) await askForKey(used !== undefined, init?.signal)
    }
  }
}

function withKey(init: RequestInit | undefined, used: string | undefined): RequestInit {
  const headers = new Headers(init?.headers)
  if (used) headers.set('authorization', `Bearer ${used}`)
  return { ...init, headers }
}

function askForKey(wasRefused: boolean, signal: AbortSignal | null | undefined): Promise<void> {
  if (!waiting) {
    keyPrompt.value = wasRefused ? 'refused' : 'asked'
    let give = () => {}
    const given = new Promise<void>((resolve) => (give = resolve))
    waiting = { given, give }
  }
  const abandoned = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason))
  })
  return Promise.race([waiting.given, abandoned])
}

function read(): string | undefined {
  try {
    return sessionStorage.getItem(STORE) ?? undefined
  } catch {
    return undefined
  }
}

/** All that waits for the network in this window goes on at this event, and a tab that follows for it connects when it is
 * asked again. */
export function wake(): void {
  dispatchEvent(new Event('online'))
}
