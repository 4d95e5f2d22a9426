/** Links under which anybody can read a chat as it was when the link was made. */

import { request } from './server.ts'

export interface Share {
  id: string
  chat_id: string
  title: string
  created_at: number
  url: string
  message_count: number
}

export const addressOf = (share: Share): string => new URL(share.url.replace(/^\//, './'), new URL('.', location.href)).href

export async function sharesOf(chatId: string): Promise<Share[]> {
  return (await request<{ shares: Share[] }>(`chats/${chatId}/shares`)).shares
}

export async function share(chatId: string): Promise<Share> {
  return request<Share>(`chats/${chatId}/shares`, { method: 'POST', json: {} })
}

export async function revoke({ chat_id: chatId, id }: Share): Promise<void> {
  await request(`chats/${chatId}/shares/${id}`, { method: 'DELETE' })
}
