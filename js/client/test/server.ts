/** A real HTTP server on a free port, scripted by a test; it notes every request. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'

export interface Seen {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
  closed: Promise<void>
}

export type Handler = (seen: Seen, response: ServerResponse) => void

/** Lives until the test file ends. */
export async function serve(handle: Handler): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const one: Seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
      closed: new Promise((resolve) => response.once('close', resolve)),
    }
    seen.push(one)
    handle(one, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

export const EVENT_STREAM = { 'content-type': 'text/event-stream; charset=utf-8' }
