/** Says when the stream is interrupted, only after a second and only as long as it is; and what did not work. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

import type { OpenChat } from '../state/chat.ts'
import { problem } from '../state/notices.ts'
import { words } from '../words.ts'

/** A cut that heals by itself within a second is nobody's concern. */
const PATIENCE_MS = 1000

export function ConnectionBanner({ chat }: { chat: OpenChat }) {
  const isOffline = useSignal(!navigator.onLine)
  const isLate = useSignal(false)
  const isCut = chat.running.value !== null && chat.connection.value !== 'open'
  useEffect(() => {
    const look = () => (isOffline.value = !navigator.onLine)
    addEventListener('online', look)
    addEventListener('offline', look)
    return () => {
      removeEventListener('online', look)
      removeEventListener('offline', look)
    }
  }, [])
  useEffect(() => {
    if (!isCut) return
    const timer = setTimeout(() => (isLate.value = true), PATIENCE_MS)
    return () => {
      clearTimeout(timer)
      isLate.value = false
    }
  }, [isCut])
  const text = isOffline.value ? words.offline : isCut && isLate.value ? words.reconnecting : null
  return (
    <div class="banner-place" role="status">
      {text && <p class="banner"><span class="pulse" aria-hidden="true" />{text}</p>}
      {problem.value && <p class="banner problem">{problem.value}</p>}
    </div>
  )
}
