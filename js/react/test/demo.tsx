/** A page with both hooks, for the tests: `#streaming` shows the second one. */

import { useChat, useStreamingChat } from '@rivulet/react'
import { StrictMode, useEffect, useRef, useState, type FormEvent } from 'react'
import { createRoot } from 'react-dom/client'

const STORE = 'demo chat'

function Chat() {
  const chatId = sessionStorage.getItem(STORE) ?? undefined
  const { messages, status, stage, error, connection, inputDisabled, sendMessage, stop, regenerate } = useChat({
    chatId,
    onChat: (id) => sessionStorage.setItem(STORE, id),
  })
  return (
    <main>
      <div role="log" aria-busy={inputDisabled} data-status={status}>
        {messages.map(({ id, role, text, status }) => (
          <p key={id} className={role}>
            {text}
            {status === 'cancelled' && <em>Stopped</em>}
          </p>
        ))}
      </div>
      <p role="status">{stage && (stage.label ?? stage.name)}</p>
      {connection !== 'open' && <p className="connection">{connection}</p>}
      {error && (
        <p role="alert">
          {error.message} ({error.code}) <button onClick={() => void regenerate()}>Retry</button>
        </p>
      )}
      <Composer isLocked={inputDisabled} onSend={(text) => void sendMessage({ text })} onStop={() => void stop()} />
    </main>
  )
}

function Streaming() {
  const { tokens, stage, isStreaming, error, sessionId, streamMessage, stopStreaming, clearTokens, resetState } = useStreamingChat()
  return (
    <main>
      <div role="log" aria-busy={isStreaming} data-session={sessionId ?? ''}>
        <p className="assistant">{tokens}</p>
      </div>
      <p role="status">{stage}</p>
      {error && <p role="alert">{error}</p>}
      <button onClick={clearTokens}>Clear</button>
      <button onClick={resetState}>Reset</button>
      <Composer isLocked={isStreaming} onSend={(text) => void streamMessage(text)} onStop={stopStreaming} />
    </main>
  )
}

function Composer({ isLocked, onSend, onStop }: { isLocked: boolean; onSend: (text: string) => void; onStop: () => void }) {
  const [draft, setDraft] = useState('')
  const input = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    if (!isLocked) input.current?.focus()
  }, [isLocked])
  const submit = (event?: FormEvent) => {
    event?.preventDefault()
    if (isLocked) return onStop()
    setDraft('')
    onSend(draft)
  }
  return (
    <form onSubmit={submit}>
      <textarea
        ref={input} aria-label="Your question" disabled={isLocked} value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && !event.nativeEvent.isComposing && (event.preventDefault(), submit())}
      />
      <button>{isLocked ? 'Stop' : 'Send'}</button>
    </form>
  )
}

const root = document.body.appendChild(document.createElement('div'))
createRoot(root).render(<StrictMode>{location.hash === '#streaming' ? <Streaming /> : <Chat />}</StrictMode>)
