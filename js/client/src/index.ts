/** The Rivulet client: ask, follow, resume, stop. */

export { createClient, type Client, type CreateOptions } from './client.ts'
export { Api, type Call, type ClientOptions, type OpenEvents } from './api.ts'
export { ChatError, isChatError } from './error.ts'
export type * from './events.ts'
export { fold, Fold, type ToolUse, type TurnState } from './fold.ts'
export type { Connection, FollowOptions, Trouble } from './follow.ts'
export type * from './resources.ts'
export { Turn, type StopReceipt, type TurnReceipt } from './turn.ts'
