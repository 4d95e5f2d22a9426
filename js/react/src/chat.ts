/** `useChat`: a chat by the names that the AI SDK's hook has, with what else a turn tells. */

import { LiveChat, type ChatSnapshot, type ChatVerbs, type UseChatOptions } from '@rivulet/client/chat'
import { useEffect, useState, useSyncExternalStore } from 'react'

export interface UseChat extends Omit<ChatSnapshot, 'chatId'>, Readonly<ChatVerbs> {
  /** The chat's id; undefined until the first question was taken. */
  readonly id: string | undefined
}

/** The options are those of the first call. With `resume: false` a chat that is named is not read back at once. */
export function useChat(options: UseChatOptions = {}): UseChat {
  const [chat] = useState(() => new LiveChat(options))
  const { chatId: id, ...snapshot } = useSyncExternalStore(chat.subscribe, chat.snapshot, chat.snapshot)
  const isResumed = options.resume ?? true
  useEffect(() => {
    if (isResumed) void chat.resumeStream()
    return chat.leave
  }, [chat, isResumed])
  return { ...snapshot, id, ...chat.verbs }
}
