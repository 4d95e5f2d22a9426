/** The moments when a page comes back: shown again, taken from the back/forward cache, online again. */

/** Calls `listener` at each of them until the signal. Outside a browser it never calls. */
export function onWake(listener: () => void, signal: AbortSignal): void {
  const page = globalThis as Partial<Pick<Window, 'addEventListener' | 'document'>>
  const heard = () => {
    if (page.document?.visibilityState !== 'hidden') listener()
  }
  for (const name of ['visibilitychange', 'pageshow', 'online']) page.addEventListener?.(name, heard, { signal })
}
