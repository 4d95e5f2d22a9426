/** `useStreamingChat`: tokens, a stage and two verbs, for pages that were written for a stream of their own. */

import { LiveChat, type ChatOptions } from '@rivulet/client/chat'
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react'

/** What is being done, in words for people; null when nothing is. */
export type StreamingStage = string

export interface StreamingChat {
  /** The present answer as far as it has come. */
  readonly tokens: string
  readonly stage: StreamingStage | null
  readonly isStreaming: boolean
  /** What went wrong, in words for people. */
  readonly error: string | null
  readonly sessionId: string | null
  /** Asks, in the session it names or in the present one, and resolves when the answer has ended. */
  readonly streamMessage: (message: string, sessionId?: string | null) => Promise<void>
  readonly stopStreaming: () => void
  readonly clearTokens: () => void
  /** Forgets the session too. */
  readonly resetState: () => void
}

const STAGES: Record<string, string> = {
  routing: 'Choosing how to answer…',
  retrieval: 'Searching knowledge base…',
  reranking: 'Reranking results…',
  generation: 'Generating response…',
}

/** The options are those of the first call. */
export function useStreamingChat(options: ChatOptions = {}): StreamingChat {
  const [chat, setChat] = useState(() => new LiveChat(options))
  const snapshot = useSyncExternalStore(chat.subscribe, chat.snapshot, chat.snapshot)
  useEffect(() => chat.leave, [chat])
  const answer = snapshot.messages.at(-1)
  const streamMessage = useCallback(
    async (message: string, sessionId?: string | null) => {
      const isOther = sessionId && sessionId !== chat.snapshot().chatId
      const asked = isOther ? new LiveChat({ ...options, chatId: sessionId }) : chat
      if (isOther) setChat(asked)
      await asked.sendMessage({ text: message })
    },
    [chat],
  )
  const { stage } = snapshot
  return {
    tokens: answer?.role === 'assistant' ? answer.text : '',
    stage: stage ? (stage.label ?? STAGES[stage.name] ?? stage.name) : null,
    isStreaming: snapshot.inputDisabled,
    error: snapshot.error?.message ?? null,
    sessionId: snapshot.chatId ?? null,
    streamMessage,
    stopStreaming: useCallback(() => void chat.stop(), [chat]),
    clearTokens: useCallback(() => chat.setMessages((now) => now.filter(({ role }, i) => role === 'user' || i < now.length - 1)), [chat]),
    resetState: chat.startNew,
  }
}
