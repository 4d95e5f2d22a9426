/** Which chat the address names: `#/chat/{id}`, or nothing for a new one. */

import { signal } from '@preact/signals'

export const chatId = signal(read())

addEventListener('hashchange', () => (chatId.value = read()))

/** Goes to a chat; null is a new one. `replace` leaves no step for the back button. */
export function goTo(id: string | null, replace = false): void {
  const address = id ? `#/chat/${id}` : location.pathname + location.search
  history[replace ? 'replaceState' : 'pushState'](null, '', address)
  chatId.value = id
}

export function hrefOf(id: string): string {
  return `#/chat/${id}`
}

function read(): string | null {
  return /^#\/chat\/([\w-]+)$/.exec(location.hash)?.[1] ?? null
}
