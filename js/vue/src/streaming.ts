/** `useStreamingMessage`: the message being written, for pages that keep it apart from those that are whole. */

import { getCurrentScope, onScopeDispose, ref, shallowRef, type Ref } from 'vue'

import { streamMessageWith, type StreamError, type StreamMessage, type StreamMessageOptions } from './stream-message.ts'

export interface StreamingMessage {
  /** The answer as far as it has come; what a failed one had said stays. */
  readonly streamingMessage: Ref<string>
  readonly isStreaming: Ref<boolean>
  readonly error: Ref<StreamError | null>
  readonly startStreaming: () => void
  readonly appendToken: (token: string) => void
  /** Gives the whole message. */
  readonly completeStreaming: () => string
  /** Asks, and keeps the state above; the callbacks are called besides. */
  readonly streamMessage: StreamMessage
}

export function useStreamingMessage(options: StreamMessageOptions = {}): StreamingMessage {
  const send = streamMessageWith(options)
  const streamingMessage = ref('')
  const isStreaming = ref(false)
  const error = shallowRef<StreamError | null>(null)
  let leave = () => {}

  function startStreaming(): void {
    streamingMessage.value = ''
    error.value = null
    isStreaming.value = true
  }

  function appendToken(token: string): void {
    streamingMessage.value += token
  }

  function completeStreaming(): string {
    isStreaming.value = false
    return streamingMessage.value
  }

  const streamMessage: StreamMessage = (text, onToken, onComplete, onError, history, model) => {
    leave()
    const stopListening = send(
      text,
      (token) => {
        appendToken(token)
        onToken(token)
      },
      (about) => {
        completeStreaming()
        onComplete(about)
      },
      (problem) => {
        error.value = problem
        isStreaming.value = false
        onError(problem)
      },
      history,
      model,
    )
    startStreaming()
    leave = () => {
      stopListening()
      isStreaming.value = false
    }
    return leave
  }

  if (getCurrentScope()) onScopeDispose(() => leave())
  return { streamingMessage, isStreaming, error, startStreaming, appendToken, completeStreaming, streamMessage }
}
