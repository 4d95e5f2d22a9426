/** The client: every verb of PROTOCOL.md under the noun it belongs to. */

import { Api, type ClientOptions } from './api.ts'
import { recordOf } from './error.ts'
import type { FollowOptions } from './follow.ts'
import type { TurnState } from './fold.ts'
import type { Chat, Document, MessagePage, Model, Question, Source } from './resources.ts'
import { Turn, type StopReceipt, type TurnReceipt } from './turn.ts'

export interface CreateOptions extends Omit<FollowOptions, 'after'> {
  /** Made by the client unless given: a request whose answer was lost is sent again and starts one turn. */
  idempotencyKey?: string
}

export type Client = ReturnType<typeof createClient>

export function createClient(options: ClientOptions = {}) {
  const api = new Api(options)

  /** Starts a turn and holds it; the stream opens when it is followed. */
  async function start(path: string, json: unknown, options: CreateOptions): Promise<Turn> {
    // Not `randomUUID`, which browsers keep from pages that came over plain HTTP.
    const { idempotencyKey = crypto.getRandomValues(new Uint32Array(4)).join('-'), ...following } = options
    const response = await api.answer(path, {
      method: 'POST', json, headers: { 'idempotency-key': idempotencyKey }, signal: options.signal, attempts: 3,
    })
    const receipt = await recordOf<TurnReceipt>(response)
    return new Turn(api, receipt.turn_id, following, receipt, response.headers.get('x-request-id') ?? undefined)
  }

  return {
    turns: {
      create: (question: Question, options: CreateOptions = {}): Promise<Turn> => start('turns', question, options),
      retry: (id: string, options: CreateOptions = {}): Promise<Turn> => start(`turns/${id}/retry`, {}, options),
      follow: (id: string, options: FollowOptions = {}): Turn => new Turn(api, id, options),
      stop: (id: string): Promise<StopReceipt> => api.stop(id),
      get: (id: string, signal?: AbortSignal): Promise<TurnState> => api.turn(id, signal),
    },
    chats: {
      list: (page: { before?: number; limit?: number } = {}) =>
        api.json<{ chats: Chat[]; next_before?: number | null }>(`chats${search(page)}`),
      get: (id: string) => api.json<Chat>(`chats/${id}`),
      /** What was said last, or last before the turn `before`: of a hundred turns, or of `limit`, at most 500. */
      messages: (id: string, page: { before?: string; limit?: number } = {}, signal?: AbortSignal) =>
        api.json<MessagePage>(`chats/${id}/messages${search(page)}`, { signal }),
      delete: (id: string) => api.json<void>(`chats/${id}`, { method: 'DELETE' }),
    },
    sources: {
      list: () => api.json<{ sources: Source[] }>('sources').then(({ sources }) => sources),
      get: (id: string) => api.json<Source>(`sources/${id}`),
      add: (text: { title: string; text: string }) => api.json<Source>('sources', { method: 'POST', json: text }),
      upload: (files: readonly File[], signal?: AbortSignal) =>
        api
          .json<{ sources: Source[] }>('sources/upload', { method: 'POST', body: formOf(files), signal })
          .then(({ sources }) => sources),
      delete: (id: string) => api.json<void>(`sources/${id}`, { method: 'DELETE' }),
    },
    documents: {
      /** The text, or the part of it from `start` to `end`, in code points. */
      get: (id: string, part: { start?: number; end?: number } = {}, signal?: AbortSignal) =>
        api.json<Document>(`documents/${id}${search(part)}`, { signal }),
    },
    models: {
      list: () => api.json<{ models: Model[] }>('models').then(({ models }) => models),
    },
  }
}

function formOf(files: readonly File[]): FormData {
  const form = new FormData()
  for (const file of files) form.append('file', file)
  return form
}

function search(fields: Record<string, number | string | undefined>): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined) as unknown as [string, string][]
  return given.length ? `?${new URLSearchParams(given)}` : ''
}
