/** `useChat`: a chat by the names that the AI SDK's hook has, with what else a turn tells. */

import { LiveChat, type ChatOptions, type ChatSnapshot } from '@rivulet/client/chat'
import { useEffect, useState, useSyncExternalStore } from 'react'

export interface UseChat extends Omit<ChatSnapshot, 'chatId'> {
  /** The chat's id; undefined until the first question was taken. */
  readonly id: string | undefined
  /** Sends a question and resolves when its answer has ended. */
  readonly sendMessage: LiveChat['sendMessage']
  readonly stop: LiveChat['stop']
  readonly regenerate: LiveChat['regenerate']
  readonly resumeStream: LiveChat['resumeStream']
  readonly setMessages: LiveChat['setMessages']
  readonly clearError: LiveChat['clearError']
  readonly startNew: LiveChat['startNew']
}

/** The options are those of the first call. With `resume: false` a chat that is named is not read back at once. */
export function useChat(options: ChatOptions & { resume?: boolean } = {}): UseChat {
  const [chat] = useState(() => new LiveChat(options))
  const { chatId: id, ...snapshot } = useSyncExternalStore(chat.subscribe, chat.snapshot, chat.snapshot)
  const isResumed = options.resume ?? true
  useEffect(() => {
    if (isResumed) void chat.resumeStream()
    return chat.leave
  }, [chat, isResumed])
  const { sendMessage, stop, regenerate, resumeStream, setMessages, clearError, startNew } = chat
  return { ...snapshot, id, sendMessage, stop, regenerate, resumeStream, setMessages, clearError, startNew }
}
