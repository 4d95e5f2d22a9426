/** A conversation that somebody shared: read under its link, without a key and without anything that could be changed. */

import type { CitationAdded, Message, Passage } from '@rivulet/client'

import { Answer } from './answer.ts'

/** The link this page was opened under; null when it is the app itself. */
export const sharedId = /\/share\/([\w-]+)$/.exec(location.pathname)?.[1] ?? null

export interface SharedChat {
  title: string
  sharedAt: number
  exchanges: readonly { question: string; answer: Answer | null }[]
}

/** What came instead of it. */
export type NotShared = 'gone' | 'busy' | 'unreachable'

interface SharedMessage extends Pick<Message, 'role' | 'text' | 'status'> {
  sources?: (Pick<Passage, 'n' | 'title' | 'text' | 'filename' | 'page' | 'url'> & { heading?: string })[]
  citations?: CitationAdded[]
}

export async function readShared(id: string): Promise<SharedChat | NotShared> {
  try {
    const response = await fetch(new URL(`../v1/shared/${id}`, location.href))
    if (response.ok) return chatOf(await response.json())
    return response.status === 404 ? 'gone' : response.status === 429 ? 'busy' : 'unreachable'
  } catch {
    return 'unreachable'
  }
}

function chatOf({ title, created_at, messages }: { title: string; created_at: number; messages: SharedMessage[] }): SharedChat {
  const exchanges: { question: string; answer: Answer | null }[] = []
  for (const message of messages) {
    const last = exchanges.at(-1)
    if (message.role === 'user') exchanges.push({ question: message.text, answer: null })
    else if (last) last.answer = answerOf(message)
  }
  return { title, sharedAt: created_at, exchanges }
}

/** Ids stay with the server: a shared source is its title and its passage. */
function answerOf({ text, status, sources = [], citations = [] }: SharedMessage): Answer {
  const answer = new Answer()
  answer.text = text
  answer.status.value = status ?? null
  answer.sources.value = sources.map(({ heading, ...one }) => ({
    id: `${one.n}`, source_id: '', document_id: '', chunk_id: '', score: 0, ...one, url: one.url ?? '', metadata: { heading },
  }))
  answer.citations.value = citations
  answer.phase.value = 'finished'
  return answer
}
