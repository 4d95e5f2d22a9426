/** Says when the network or the stream is interrupted, only after a second and only as long as it is, and what is
 * known when it lasts; and what did not work. */

import { useSignal } from '@preact/signals'
import type { Trouble } from '@rivulet/client'
import { useEffect } from 'preact/hooks'

import type { OpenChat } from '../state/chat.ts'
import { problem } from '../state/notices.ts'
import { wake } from '../state/server.ts'
import { words } from '../words.ts'
import { CloseIcon } from './icons.tsx'

/** A cut that heals by itself within a second is nobody's concern. */
const PATIENCE_MS = 1000
/** A server is started again in less; whoever has waited that long wants to know more than that they wait. */
const LONG_MS = 30_000

export function ConnectionBanner({ chat }: { chat: OpenChat }) {
  const isOffline = useOffline(chat)
  const isLost = chat.running.value !== null && chat.connection.value !== 'open'
  const isCut = useLate(isLost, PATIENCE_MS)
  const isLong = useLate(isLost, LONG_MS)
  const trouble = isLong && !isOffline ? chat.trouble.value : null
  const text = isOffline ? words.offline : isCut && !trouble ? words.reconnecting : null
  return (
    <div class="banner-place" role="status">
      {text && <p class="banner"><span class="pulse" aria-hidden="true" />{text}</p>}
      {trouble && <Stuck trouble={trouble} />}
      {problem.value && (
        <p class="banner problem">
          <span>{problem.value}</span>
          <button type="button" class="quiet small" onClick={() => (problem.value = null)} aria-label={words.close}><CloseIcon /></button>
        </p>
      )}
    </div>
  )
}

function Stuck({ trouble: { error, since } }: { trouble: Trouble }) {
  const say = error.status ? words.stuck.answers : words.stuck.silent
  return (
    <p class="banner stuck">
      <span>{say(since)}</span>
      <button type="button" class="quiet" onClick={wake}>{words.tryNow}</button>
    </p>
  )
}

/** True once something has been so for a while. */
function useLate(isSo: boolean, patience: number): boolean {
  const isLate = useSignal(false)
  useEffect(() => {
    if (!isSo) return
    const timer = setTimeout(() => (isLate.value = true), patience)
    return () => {
      clearTimeout(timer)
      isLate.value = false
    }
  }, [isSo])
  return isSo && isLate.value
}

/** What the browser says of the network is sometimes wrong: a stream that goes on proves the contrary. */
function useOffline(chat: OpenChat): boolean {
  const isOffline = useSignal(false)
  useEffect(() => {
    let since = performance.now()
    const look = () => (isOffline.value = !navigator.onLine && !(chat.running.peek() && chat.heardAt > since + PATIENCE_MS / 2))
    const lost = () => (since = performance.now())
    const timer = setInterval(() => performance.now() - since >= PATIENCE_MS && look(), PATIENCE_MS / 2)
    addEventListener('offline', lost)
    addEventListener('online', look)
    return () => {
      clearInterval(timer)
      removeEventListener('offline', lost)
      removeEventListener('online', look)
    }
  }, [chat])
  return isOffline.value
}
