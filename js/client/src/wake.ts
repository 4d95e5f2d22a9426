/** The moments when a page comes back: shown again, taken from the back/forward cache, online again. */

/** Calls `listener` at each of them; returns how to stop that. Outside a browser it never calls. */
export function onWake(listener: () => void): () => void {
  const page = globalThis as Partial<Pick<Window, 'addEventListener' | 'removeEventListener' | 'document'>>
  const heard = () => {
    if (page.document?.visibilityState !== 'hidden') listener()
  }
  for (const name of MOMENTS) page.addEventListener?.(name, heard)
  return () => {
    for (const name of MOMENTS) page.removeEventListener?.(name, heard)
  }
}

const MOMENTS = ['visibilitychange', 'pageshow', 'online'] as const
