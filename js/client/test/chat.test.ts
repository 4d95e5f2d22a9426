/** A chat as a page shows it: questions in, snapshots out, against a real HTTP server. */

import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import { LiveChat, type ChatSnapshot } from '../src/chat.ts'
import type { TurnEvent } from '../src/index.ts'
import { EVENT_STREAM, json, serve, type Handler } from './server.ts'
import { frameOf, framesAfter, log, receipt } from './log.ts'

/** A server with the turn `log`; `hold` keeps its stream open after that many events until `release`. */
async function oneTurn({ hold = log.length, events = log as readonly TurnEvent[] } = {}) {
  let release = () => {}
  let stopped = 0
  const messages = [
    { id: 'msg_q', chat_id: 'cht_a', turn_id: 'trn_a', role: 'user', text: 'How large?', created_at: 1 },
    { id: 'msg_a', chat_id: 'cht_a', turn_id: 'trn_a', role: 'assistant', text: 'Größe 42 😀', created_at: 2, status: 'completed' },
  ]
  const handler: Handler = ({ method, path, headers }, response) => {
    if (path.endsWith('/stop')) {
      stopped++
      json(response, 200, { status: 'cancelled' })
      release()
    } else if (method === 'POST') json(response, 202, receipt, { 'x-request-id': 'req_7' })
    else if (path === '/v1/chats/cht_a/messages?limit=500') json(response, 200, { messages })
    else {
      const frames = framesAfter(headers['last-event-id'] as string | undefined, events)
      // Whoever comes after the stop finds a turn that has ended.
      const now = stopped ? frames.length : hold
      response.writeHead(200, EVENT_STREAM).write(frames.slice(0, now).join(''))
      release = () => response.end(frames.slice(now).join(''))
      if (now >= events.length) release()
    }
  }
  const { url, seen } = await serve(handler)
  return { url, seen, release: () => release(), stops: () => stopped }
}

/** Resolves with the first snapshot that is so. */
const until = (chat: LiveChat, isSo: (now: ChatSnapshot) => boolean) =>
  new Promise<ChatSnapshot>((resolve) => {
    const look = () => {
      if (!isSo(chat.snapshot())) return
      forget()
      resolve(chat.snapshot())
    }
    const forget = chat.subscribe(look)
    look()
  })

test('a question is shown at once, its answer when it comes, and the chat has its id', async () => {
  const { url } = await oneTurn()
  const begun: string[] = []
  const chat = new LiveChat({ baseUrl: url, onChat: (id) => begun.push(id) })
  const sent = chat.sendMessage({ text: 'How large?' })
  assert.deepEqual(['submitted', true], [chat.snapshot().status, chat.snapshot().inputDisabled])
  assert.equal(chat.snapshot().messages[0]?.text, 'How large?')
  await sent
  const { messages, status, chatId, inputDisabled } = chat.snapshot()
  assert.deepEqual(['How large?', 'Größe 42 😀'], messages.map(({ text }) => text))
  assert.deepEqual([{ type: 'text', text: 'Größe 42 😀' }], messages[1]?.parts)
  assert.deepEqual(['msg_q', 'msg_a'], messages.map(({ id }) => id))
  assert.deepEqual(['ready', 'cht_a', false, ['cht_a']], [status, chatId, inputDisabled, begun])
})

test('words are shown while they come, and the status says so', async () => {
  const { url, release } = await oneTurn({ hold: 3 })
  const chat = new LiveChat({ baseUrl: url })
  const sent = chat.sendMessage({ text: 'How large?' })
  const now = await until(chat, ({ status }) => status === 'streaming')
  assert.equal(now.messages.at(-1)?.text, 'Größe ')
  assert.equal(now.messages.at(-1)?.status, undefined)
  release()
  await sent
  assert.equal(chat.snapshot().messages.at(-1)?.status, 'completed')
})

test('a second question during an answer is not sent', async () => {
  const { url, seen, release } = await oneTurn({ hold: 3 })
  const chat = new LiveChat({ baseUrl: url })
  const sent = chat.sendMessage({ text: 'How large?' })
  await until(chat, ({ status }) => status === 'streaming')
  await chat.sendMessage({ text: 'And how old?' })
  release()
  await sent
  assert.equal(seen.filter(({ method }) => method === 'POST').length, 1)
})

test('stop before the first word, and before the server has answered, ends the turn once', async () => {
  const cancelled: TurnEvent[] = [
    log[0] as TurnEvent,
    { type: 'turn.finished', status: 'cancelled', finish_reason: 'cancelled', seq: 2, at: 2 },
  ]
  const { url, stops } = await oneTurn({ hold: 1, events: cancelled })
  const chat = new LiveChat({ baseUrl: url })
  const sent = chat.sendMessage({ text: 'How large?' })
  await chat.stop()
  await sent
  assert.equal(stops(), 1)
  assert.deepEqual(['ready', 'cancelled', ''], [
    chat.snapshot().status, chat.snapshot().messages.at(-1)?.status, chat.snapshot().messages.at(-1)?.text,
  ])
})

test('a failed answer keeps its text and says what was wrong', async () => {
  const failed: TurnEvent[] = [
    ...log.slice(0, 5),
    { type: 'turn.finished', status: 'failed', finish_reason: 'error', error: { code: 'upstream_timeout', message: 'Silence.' }, seq: 6, at: 6 },
  ]
  const { url } = await oneTurn({ events: failed })
  const chat = new LiveChat({ baseUrl: url })
  await chat.sendMessage({ text: 'How large?' })
  const { status, error, messages } = chat.snapshot()
  assert.deepEqual(['error', 'upstream_timeout', 'req_7'], [status, error?.code, error?.requestId])
  assert.equal(messages.at(-1)?.text, 'Größe 42 😀')
  chat.clearError()
  assert.deepEqual(['ready', undefined], [chat.snapshot().status, chat.snapshot().error])
})

test('regenerate asks again without repeating the question', async () => {
  const { url, seen } = await oneTurn()
  const chat = new LiveChat({ baseUrl: url })
  await chat.sendMessage({ text: 'How large?' })
  await chat.regenerate()
  assert.equal(seen.filter(({ path }) => path === '/v1/turns/trn_a/retry').length, 1)
  assert.deepEqual(['user', 'assistant'], chat.snapshot().messages.map(({ role }) => role))
})

test('a question that never reached the server is sent again as it was', async () => {
  let isDown = true
  const { url } = await serve((_, response) => {
    if (isDown) response.writeHead(503).end()
    else json(response, 409, { error: { code: 'chat_busy', message: 'Busy.' } })
  })
  const chat = new LiveChat({ baseUrl: url })
  await chat.sendMessage({ text: 'How large?' })
  assert.equal(chat.snapshot().status, 'error')
  isDown = false
  await chat.regenerate()
  assert.deepEqual(['How large?'], chat.snapshot().messages.map(({ text }) => text))
  assert.equal(chat.snapshot().error?.code, 'chat_busy')
})

test('a chat that is read back shows its messages and follows what is being written', async () => {
  const { url } = await serve(({ path }, response) => {
    if (path.endsWith('/messages?limit=500')) {
      const asked = { id: 'msg_q', chat_id: 'cht_a', turn_id: 'trn_a', role: 'user', text: 'How large?', created_at: 1 }
      json(response, 200, { messages: [asked], running_turn_id: 'trn_a' })
    } else response.writeHead(200, EVENT_STREAM).end(framesAfter('').join(''))
  })
  const chat = new LiveChat({ baseUrl: url, chatId: 'cht_a' })
  await chat.resumeStream()
  assert.deepEqual(['How large?', 'Größe 42 😀'], chat.snapshot().messages.map(({ text }) => text))
})

test('where a chat could not be read back, trying again reads it back', async () => {
  let isDown = true
  const { url } = await serve((_, response) => {
    const asked = { id: 'msg_q', chat_id: 'cht_a', turn_id: 'trn_a', role: 'user', text: 'How large?', created_at: 1 }
    if (isDown) response.writeHead(503).end()
    else json(response, 200, { messages: [asked] })
  })
  const chat = new LiveChat({ baseUrl: url, chatId: 'cht_a' })
  await chat.resumeStream()
  assert.equal(chat.snapshot().status, 'error')
  isDown = false
  await chat.regenerate()
  const { messages, status, error } = chat.snapshot()
  assert.deepEqual([['How large?'], 'ready', undefined], [messages.map(({ text }) => text), status, error])
})

test('leaving ends the following, never the turn, and nothing changes any more', async () => {
  const { url, seen, stops } = await oneTurn({ hold: 3 })
  const chat = new LiveChat({ baseUrl: url })
  void chat.sendMessage({ text: 'How large?' })
  await until(chat, ({ status }) => status === 'streaming')
  chat.leave()
  await seen.at(-1)?.closed
  const before = chat.snapshot()
  await new Promise((resolve) => setTimeout(resolve, 80))
  assert.equal(chat.snapshot(), before)
  assert.equal(stops(), 0)
})

test('a burst of events changes the snapshot a few times, not once each', async () => {
  const many: TurnEvent[] = [
    ...log.slice(0, 2),
    ...Array.from({ length: 500 }, (_, n) => ({ type: 'text.delta', part_id: 't1', delta: 'x', seq: n + 3, at: 3 }) as const),
    { type: 'turn.finished', status: 'completed', finish_reason: 'stop', seq: 503, at: 6 },
  ]
  const { url } = await serve((one, response) => {
    if (one.method === 'POST') json(response, 202, receipt)
    else response.writeHead(200, EVENT_STREAM).end(many.map(frameOf).join(''))
  })
  const chat = new LiveChat({ baseUrl: url })
  let changes = 0
  chat.subscribe(() => changes++)
  await chat.sendMessage({ text: 'How large?' })
  assert.equal(chat.snapshot().messages.at(-1)?.text.length, 500)
  assert.ok(changes < 20, `${changes} changes`)
})

test('a server that says there is nothing is not believed, and the chat is not locked for ever', async () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const lies = async (url: string | URL | Request, { method } = {} as RequestInit) => {
    if (method === 'POST') return Response.json(receipt, { status: 202 })
    if (`${url}`.endsWith('/events')) return new Response(null, { status: 204 })
    return Response.json({ turn_id: 'trn_a', status: 'completed' })
  }
  const chat = new LiveChat({ fetch: lies })
  const sent = chat.sendMessage({ text: 'How large?' })
  for (let tick = 0; chat.snapshot().inputDisabled && tick < 400; tick++) {
    await setImmediate()
    mock.timers.tick(50)
  }
  mock.timers.reset()
  assert.equal(chat.snapshot().inputDisabled, false)
  await sent
  assert.deepEqual(['error', 'http', 'open'], [chat.snapshot().status, chat.snapshot().error?.code, chat.snapshot().connection])
})

test('a chat says what is wrong while nothing comes: what the server answers, and since when', async () => {
  const good = await oneTurn()
  let isDown = true
  const send: typeof fetch = (address, init) =>
    isDown && String(address).endsWith('/events') ? Promise.resolve(new Response('<h1>Oops</h1>', { status: 503 })) : fetch(address, init)
  const began = Date.now()
  const chat = new LiveChat({ baseUrl: good.url, fetch: send })
  const sent = chat.sendMessage({ text: 'How large?' })
  const { connection, trouble } = await until(chat, (now) => now.connection !== 'open')
  assert.deepEqual(['reconnecting', 503, true], [connection, trouble?.error.status, (trouble?.since as number) >= began])
  isDown = false
  await sent
  assert.deepEqual(['open', undefined], [chat.snapshot().connection, chat.snapshot().trouble])
})
