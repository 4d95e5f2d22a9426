/** The client's verbs against a real HTTP server. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ChatError, createClient, isChatError, type TurnEvent } from '../src/index.ts'
import { EVENT_STREAM, json, serve, type Handler } from './server.ts'
import { framesAfter, log, receipt } from './log.ts'

/** Answers like a server that has one turn, `log`. */
const oneTurn: Handler = ({ method, path, headers }, response) => {
  if (method === 'POST' && /^\/v1\/turns(\/trn_a\/retry)?$/.test(path)) {
    json(response, 202, receipt, { 'x-request-id': 'req_7' })
  } else if (path === '/v1/turns/trn_a/events') {
    response.writeHead(200, EVENT_STREAM).end(framesAfter(headers['last-event-id'] as string | undefined).join(''))
  } else if (path === '/v1/turns/trn_a/stop') {
    json(response, 200, { status: 'cancelled', final_seq: 6, kept_chars: 9, upstream_closed: true, upstream_close_ms: 2 })
  } else {
    json(response, 404, { error: { code: 'not_found', message: 'Nothing here.', request_id: 'req_8' } })
  }
}

test('a question becomes a turn whose events can be followed', async () => {
  const { url, seen } = await serve(oneTurn)
  const turn = await createClient({ baseUrl: url }).turns.create({ input: 'How large?' })
  const events: TurnEvent[] = []
  for await (const event of turn) events.push(event)
  assert.deepEqual(log, events)
  assert.deepEqual(receipt, turn.receipt)
  assert.equal('req_7', turn.requestId)
  assert.equal('6', turn.lastEventId)
  assert.deepEqual({ input: 'How large?' }, JSON.parse(seen[0]?.body as string))
  assert.equal('application/json', seen[0]?.headers['content-type'])
})

test('text gives the words, final gives the record', async () => {
  const { url, seen } = await serve(oneTurn)
  const turn = await createClient({ baseUrl: url }).turns.create({ input: 'How large?' })
  const words: string[] = []
  for await (const word of turn.text) words.push(word)
  assert.deepEqual(['Größe ', '42 😀'], words)
  const final = await turn.final()
  assert.equal('Größe 42 😀', final.text)
  assert.equal('completed', final.status)
  assert.equal(2, seen.length, 'the record of a turn that was followed to its end costs no request')
})

test('listeners are told each event of their type once, over the connection that is there', async () => {
  const { url, seen } = await serve(oneTurn)
  const turn = await createClient({ baseUrl: url }).turns.create({ input: 'How large?' })
  const words: string[] = []
  const status: string[] = []
  turn.on('text.delta', ({ delta }) => words.push(delta))
  const leave = turn.on('turn.started', () => assert.fail('this one was taken off'))
  leave()
  turn.on('turn.finished', (event) => {
    status.push(event.status)
    // @ts-expect-error: only text and reasoning have a delta
    event.delta
  })
  assert.equal(1, seen.length, 'listening alone reads nothing')
  assert.equal('Größe 42 😀', (await turn.final()).text)
  assert.equal(2, seen.length, 'one question, one connection')
  assert.equal('6', turn.lastEventId)
  for await (const _ of turn);
  assert.deepEqual([['Größe ', '42 😀'], ['completed']], [words, status])
})

test('a listener may be taken off while it is told', async () => {
  const { url } = await serve(oneTurn)
  const turn = createClient({ baseUrl: url }).turns.follow('trn_a', { after: '2' })
  const words: string[] = []
  const leave = turn.on('text.delta', ({ delta }) => {
    words.push(delta)
    leave()
  })
  for await (const _ of turn);
  assert.deepEqual(['Größe '], words)
})

test('a listener that comes late is told what is read after that, from the beginning', async () => {
  const { url } = await serve(oneTurn)
  const turn = createClient({ baseUrl: url }).turns.follow('trn_a')
  const words: string[] = []
  for await (const _ of turn);
  turn.on('text.delta', ({ delta }) => words.push(delta))
  for (let reading = 0; reading < 2; reading++) for await (const _ of turn);
  assert.deepEqual(['Größe ', '42 😀'], words)
})

test('what a listener throws is an uncaught error; all others and the reader go on', async () => {
  const { url } = await serve(oneTurn)
  const turn = createClient({ baseUrl: url }).turns.follow('trn_a')
  const words: string[] = []
  const uncaught: Error[] = []
  turn.on('text.delta', ({ delta }) => {
    throw new Error(`no ${delta}`)
  })
  turn.on('text.delta', ({ delta }) => words.push(delta))
  process.setUncaughtExceptionCaptureCallback((problem) => uncaught.push(problem))
  try {
    assert.equal('Größe 42 😀', (await turn.final()).text)
    await new Promise(setImmediate)
  } finally {
    process.setUncaughtExceptionCaptureCallback(null)
  }
  assert.deepEqual(['Größe ', '42 😀'], words)
  assert.deepEqual(['no Größe ', 'no 42 😀'], uncaught.map(({ message }) => message))
})

test('final closes its connection, so that a program can end', { timeout: 5000 }, async () => {
  const { url, seen } = await serve((one, response) => {
    if (one.method === 'POST') json(response, 202, receipt)
    else response.writeHead(200, EVENT_STREAM).write(framesAfter('').join(''))
  })
  const turn = await createClient({ baseUrl: url }).turns.create({ input: 'How large?' })
  assert.equal('completed', (await turn.final()).status)
  await seen[1]?.closed
})

test('several parts are told apart by a blank line, as in the record', async () => {
  const parts: TurnEvent[] = [
    log[0] as TurnEvent,
    { type: 'text.started', part_id: 'a', seq: 2, at: 2 },
    { type: 'text.delta', part_id: 'a', delta: 'One', seq: 3, at: 3 },
    { type: 'text.finished', part_id: 'a', seq: 4, at: 4 },
    { type: 'text.started', part_id: 'b', seq: 5, at: 5 },
    { type: 'text.delta', part_id: 'b', delta: 'Two', seq: 6, at: 6 },
    { type: 'text.finished', part_id: 'b', seq: 7, at: 7 },
    { type: 'turn.finished', status: 'completed', finish_reason: 'stop', seq: 8, at: 8 },
  ]
  const { url } = await serve((_, response) => response.writeHead(200, EVENT_STREAM).end(framesAfter('', parts).join('')))
  const turn = createClient({ baseUrl: url }).turns.follow('trn_a')
  let said = ''
  for await (const word of turn.text) said += word
  assert.equal('One\n\nTwo', said)
  assert.equal((await turn.final()).text, said)
})

test('the words of a turn that failed end in its error, the record tells it', async () => {
  const failed: TurnEvent[] = [
    ...log.slice(0, 5),
    { type: 'turn.finished', status: 'failed', finish_reason: 'error', error: { code: 'upstream_timeout', message: 'Silence.', retryable: true }, seq: 6, at: 6 },
  ]
  const { url } = await serve((_, response) => response.writeHead(200, EVENT_STREAM).end(framesAfter('', failed).join('')))
  const turn = createClient({ baseUrl: url }).turns.follow('trn_a')
  await assert.rejects(
    async () => {
      for await (const _ of turn.text);
    },
    (problem) => isChatError(problem) && problem.code === 'upstream_timeout' && problem.retryable,
  )
  assert.equal('failed', (await turn.final()).status)
  assert.equal('Größe 42 😀', (await turn.final()).text)
})

test('a question whose answer was lost is sent again under the same key', async () => {
  let isFirst = true
  const { url, seen } = await serve((one, response) => {
    if (isFirst) response.destroy()
    else oneTurn(one, response)
    isFirst = false
  })
  const turn = await createClient({ baseUrl: url }).turns.create({ input: 'How large?' })
  assert.equal('trn_a', turn.id)
  assert.equal(2, seen.length)
  assert.match(seen[0]?.headers['idempotency-key'] as string, /^\d+-\d+-\d+-\d+$/)
  assert.equal(seen[0]?.headers['idempotency-key'], seen[1]?.headers['idempotency-key'])
})

test('an error tells its code, its request and its details', async () => {
  const { url } = await serve((_, response) =>
    json(response, 409, { error: { code: 'chat_busy', message: 'Still answering.', request_id: 'req_9', turn_id: 'trn_b' } }),
  )
  await assert.rejects(createClient({ baseUrl: url }).turns.create({ input: 'x' }), (problem: ChatError) => {
    assert.equal('chat_busy', problem.code)
    assert.equal('Still answering.', problem.message)
    assert.equal('req_9', problem.requestId)
    assert.equal(409, problem.status)
    assert.deepEqual({ turn_id: 'trn_b' }, problem.details)
    return true
  })
})

test('a page that is not the server\'s is an error with its status', async () => {
  const { url } = await serve((_, response) => void response.writeHead(500).end('<h1>oops</h1>'))
  await assert.rejects(createClient({ baseUrl: url }).chats.list(), { code: 'http', status: 500, retryable: true })
})

test('a server that is not there is an error of the network', async () => {
  const client = createClient({ fetch: () => Promise.reject(new TypeError('fetch failed')) })
  await assert.rejects(client.models.list(), { code: 'network', status: 0, retryable: true })
})

test('the key is sent as a bearer, and asked for anew with every request', async () => {
  const { url, seen } = await serve((_, response) => json(response, 200, { models: [] }))
  let key: string | undefined
  const client = createClient({ baseUrl: url, key: () => key })
  await client.models.list()
  key = 'secret'
  await client.models.list()
  assert.deepEqual([undefined, 'Bearer secret'], seen.map(({ headers }) => headers.authorization))
})

test('the signal ends the following and never the turn', async () => {
  const { url, seen } = await serve((_, response) => void response.writeHead(200, EVENT_STREAM).write(framesAfter('')[0]))
  const controller = new AbortController()
  const turn = createClient({ baseUrl: url }).turns.follow('trn_a', { signal: controller.signal })
  await assert.rejects(
    async () => {
      for await (const event of turn) {
        assert.deepEqual(log[0], event)
        controller.abort()
      }
    },
    { name: 'AbortError' },
  )
  await seen[0]?.closed
  assert.deepEqual(['/v1/turns/trn_a/events'], seen.map(({ path }) => path))
})

test('leaving the loop closes the connection, and a later loop can begin again', async () => {
  const { url, seen } = await serve((_, response) => void response.writeHead(200, EVENT_STREAM).write(framesAfter('').slice(0, 2).join('')))
  const turn = createClient({ baseUrl: url }).turns.follow('trn_a')
  for await (const _ of turn) break
  await seen[0]?.closed
  for await (const event of turn) {
    assert.deepEqual(log[0], event)
    break
  }
  assert.equal(2, seen.length)
})

test('stop gives the receipt, retry a new turn', async () => {
  const { url, seen } = await serve(oneTurn)
  const client = createClient({ baseUrl: url })
  assert.equal('cancelled', (await client.turns.stop('trn_a')).status)
  assert.equal('trn_a', (await client.turns.retry('trn_a')).id)
  assert.deepEqual(['POST /v1/turns/trn_a/stop', 'POST /v1/turns/trn_a/retry'], seen.map(({ method, path }) => `${method} ${path}`))
})

test('a turn followed from its last event on is read back from the server', async () => {
  const { url, seen } = await serve(({ path }, response) => {
    if (path.endsWith('/events')) response.writeHead(204).end()
    else json(response, 200, { turn_id: 'trn_a', status: 'completed', text: 'Größe 42 😀' })
  })
  const final = await createClient({ baseUrl: url }).turns.follow('trn_a', { after: '6' }).final()
  assert.equal('Größe 42 😀', final.text)
  assert.equal('6', seen[0]?.headers['last-event-id'])
})

test('a turn that was followed from the middle is read back whole', async () => {
  const { url } = await serve((one, response) => {
    if (one.path === '/v1/turns/trn_a') json(response, 200, { turn_id: 'trn_a', status: 'completed', text: 'Größe 42 😀' })
    else oneTurn(one, response)
  })
  const final = await createClient({ baseUrl: url }).turns.follow('trn_a', { after: '3' }).final()
  assert.equal('Größe 42 😀', final.text)
})

test('files are uploaded as form fields', async () => {
  const { url, seen } = await serve((_, response) => json(response, 202, { sources: [{ id: 'src_1' }] }))
  const sources = await createClient({ baseUrl: url }).sources.upload([new File(['Hello'], 'a.txt'), new File(['World'], 'b.md')])
  assert.equal('src_1', sources[0]?.id)
  assert.match(seen[0]?.headers['content-type'] as string, /^multipart\/form-data; boundary=/)
  assert.match(seen[0]?.body as string, /name="file"; filename="a\.txt"[^]*Hello[^]*filename="b\.md"[^]*World/)
})

test('what was said is read page by page', async () => {
  const { url, seen } = await serve((_, response) => json(response, 200, { messages: [], next_before: 'trn_2' }))
  const { chats } = createClient({ baseUrl: url })
  const { next_before: before } = await chats.messages('cht_1')
  await chats.messages('cht_1', { before: before as string, limit: 20 })
  const path = '/v1/chats/cht_1/messages'
  assert.deepEqual([path, `${path}?before=trn_2&limit=20`], seen.map((one) => one.path))
})

test('deleting answers nothing, listing pages', async () => {
  const { url, seen } = await serve(({ method }, response) => {
    if (method === 'DELETE') response.writeHead(204).end()
    else json(response, 200, { chats: [], next_before: 5 })
  })
  const client = createClient({ baseUrl: url })
  assert.equal(undefined, await client.chats.delete('cht_1'))
  assert.equal(5, (await client.chats.list({ before: 9, limit: 20 })).next_before)
  assert.deepEqual(['/v1/chats/cht_1', '/v1/chats?before=9&limit=20'], seen.map(({ path }) => path))
})
