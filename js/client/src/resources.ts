/** The records of PROTOCOL.md §7 and §8 as a client reads them. */

import type { CitationAdded, Failure, Passage, Status, Timing, Usage } from './events.ts'

/** A question and how it shall be answered (PROTOCOL.md §2.1). */
export interface Question {
  input: string
  chat_id?: string
  bot_id?: string
  model?: string
  source_ids?: string[]
  search_mode?: 'all' | 'hybrid' | 'selected_only' | 'none'
  on_disconnect?: 'continue' | 'cancel'
  on_busy?: 'reject' | 'queue'
  /** What was said before, instead of what the chat has. */
  history?: { role: 'user' | 'assistant'; text: string }[]
  /** Asks another question in the place of this turn's; nothing is lost. */
  edit_of?: string
  /** Continues this turn, wherever it stands in its chat; without it the chosen path goes on. */
  parent_id?: string
}

export interface Chat {
  id: string
  title: string
  created_at: number
  updated_at: number
  running_turn_id?: string | null
}

export interface Message {
  id: string
  chat_id: string
  turn_id: string
  role: 'user' | 'assistant'
  text: string
  created_at: number
  model?: string
  status?: Status
  error?: Failure
  sources?: Passage[]
  citations?: CitationAdded[]
  /** From 0 to 1, how far the sources bear the answer out; missing where nobody could say. */
  confidence?: number
  usage?: Usage
  timing?: Timing
  /** The turn that this message's turn continues. */
  parent_id?: string
  /** Turns to switch between: on a question its edits, on an answer its retries; missing where there is one. */
  siblings?: string[]
  /** On a question: the siblings of its answer. */
  answers?: string[]
  feedback?: Feedback
}

export interface Feedback {
  rating: 'up' | 'down'
  reason?: string
  comment?: string
  updated_at: number
}

/** The end of a chat's chosen path, or a part of it, oldest first (PROTOCOL.md §7.1). */
export interface MessagePage {
  messages: Message[]
  /** Its turns, the running one included. */
  path?: string[]
  /** Asks for what was said before; missing when that is nothing. */
  next_before?: string | null
  /** May be a turn that is not on the path. */
  running_turn_id?: string | null
}

export type SourceStatus = 'pending' | 'processing' | 'ready' | 'error'

export interface Source {
  id: string
  title: string
  kind: string
  status: SourceStatus
  error_message?: string | null
  document_count: number
  /** How many of its documents could not be read. */
  failed_count?: number
  chunk_count: number
  created_at: number
  updated_at: number
  documents?: SourceDocument[]
}

export interface SourceDocument {
  id: string
  title: string
  filename?: string | null
  media_type?: string | null
  status: 'ready' | 'failed'
  /** Why it could not be read. */
  reason?: string | null
  chunk_count: number
}

export interface Document {
  id: string
  source_id: string
  title: string
  filename?: string | null
  media_type?: string | null
  /** Of how many code points the whole text has, this is the part from `start` on. */
  start: number
  length: number
  /** Whether the server still has the file it was read from. */
  has_original: boolean
  text: string
}

export interface Model {
  id: string
  provider: string
  is_default: boolean
}
