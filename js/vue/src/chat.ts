/** `useChat`: a chat by the names that the AI SDK's composable has, with what else a turn tells. */

import { LiveChat, type ChatSnapshot, type ChatVerbs, type UseChatOptions } from '@rivulet/client/chat'
import { computed, getCurrentScope, onScopeDispose, shallowRef, type ComputedRef } from 'vue'

type Reactive<State> = { readonly [Name in keyof State]: ComputedRef<State[Name]> }

export interface UseChat extends Reactive<Omit<ChatSnapshot, 'chatId'>>, Readonly<ChatVerbs> {
  /** The chat's id; undefined until the first question was taken. */
  readonly id: ComputedRef<string | undefined>
}

/** With `resume: false` a chat that is named is not read back at once. */
export function useChat(options: UseChatOptions = {}): UseChat {
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
  const of = <Name extends keyof ChatSnapshot>(name: Name) => computed(() => snapshot.value[name])
  return {
    id: of('chatId'), messages: of('messages'), status: of('status'), error: of('error'), stage: of('stage'),
    sources: of('sources'), usage: of('usage'), connection: of('connection'), trouble: of('trouble'), inputDisabled: of('inputDisabled'),
    ...chat.verbs,
  }
}
