/** `useChat`: a chat by the names that the AI SDK's composable has, with what else a turn tells. */

import { LiveChat, type ChatOptions, type ChatSnapshot } from '@rivulet/client/chat'
import { computed, getCurrentScope, onScopeDispose, shallowRef, type ComputedRef } from 'vue'

type Reactive<State> = { readonly [Name in keyof State]: ComputedRef<State[Name]> }

export interface UseChat extends Reactive<Omit<ChatSnapshot, 'chatId'>> {
  /** The chat's id; undefined until the first question was taken. */
  readonly id: ComputedRef<string | undefined>
  /** Sends a question and resolves when its answer has ended. */
  readonly sendMessage: LiveChat['sendMessage']
  readonly stop: LiveChat['stop']
  readonly regenerate: LiveChat['regenerate']
  readonly resumeStream: LiveChat['resumeStream']
  readonly setMessages: LiveChat['setMessages']
  readonly clearError: LiveChat['clearError']
  readonly startNew: LiveChat['startNew']
}

/** With `resume: false` a chat that is named is not read back at once. */
export function useChat(options: ChatOptions & { resume?: boolean } = {}): UseChat {
  const chat = new LiveChat(options)
  const snapshot = shallowRef(chat.snapshot())
  const forget = chat.subscribe(() => (snapshot.value = chat.snapshot()))
  if (getCurrentScope()) {
    onScopeDispose(() => {
      forget()
      chat.leave()
    })
  }
  if (options.resume ?? true) void chat.resumeStream()
  const { sendMessage, stop, regenerate, resumeStream, setMessages, clearError, startNew } = chat
  const of = <Name extends keyof ChatSnapshot>(name: Name) => computed(() => snapshot.value[name])
  return {
    id: of('chatId'), messages: of('messages'), status: of('status'), error: of('error'), stage: of('stage'),
    sources: of('sources'), usage: of('usage'), connection: of('connection'), inputDisabled: of('inputDisabled'),
    sendMessage, stop, regenerate, resumeStream, setMessages, clearError, startNew,
  }
}
