/** React hooks over the Rivulet client. */

export { useChat, type UseChat } from './chat.ts'
export { useStreamingChat, type StreamingChat, type StreamingStage } from './streaming.ts'
export type { ChatConnection, ChatMessage, ChatOptions, ChatStatus, Part, Stage } from '@rivulet/client/chat'
