/** Vue composables over the Rivulet client. */

export { useChat, type UseChat } from './chat.ts'
export { useStreamingMessage, type StreamingMessage } from './streaming.ts'
export { streamMessageWith, StreamError, type StreamCode, type StreamMessage } from './stream-message.ts'
export type { ChatConnection, ChatMessage, ChatOptions, ChatStatus, Part, Stage } from '@rivulet/client/chat'
