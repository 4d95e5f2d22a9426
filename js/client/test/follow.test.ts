/** Following through everything a network does, with the clock held still. */

import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'

import { ChatError, type Connection, type TurnEvent } from '../src/index.ts'
import { follow, type FollowOptions } from '../src/follow.ts'
import { EVENT_STREAM } from './server.ts'
import { frameOf, framesAfter, log } from './log.ts'

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_700_000_000_000 }))
afterEach(() => mock.timers.reset())

/** A body that gives `bytes` and then ends, breaks, or stays open without a word. */
function body(bytes: Uint8Array | string, end: 'end' | 'break' | 'open' = 'end'): ReadableStream<Uint8Array> {
  const chunk = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
  return new ReadableStream({
    start(controller) {
      if (chunk.length) controller.enqueue(chunk)
      if (end === 'end') controller.close()
    },
    pull(controller) {
      if (end === 'break') controller.error(new TypeError('connection reset'))
    },
  })
}

const stream = (...args: Parameters<typeof body>) => new Response(body(...args), { headers: EVENT_STREAM })

type Answer = (after: string) => Response

/** Follows to the end while time runs; answers are used in turn, the last one again and again. */
async function run(answers: Answer[], options: FollowOptions = {}, hasEnded = true) {
  const asked: { after: string; at: number }[] = []
  const started = Date.now()
  const open = async (after: string) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)] as Answer
    asked.push({ after, at: Date.now() - started })
    return answer(after)
  }
  const events: TurnEvent[] = []
  let isOver = false
  const following = (async () => {
    for await (const event of follow(open, options, async () => hasEnded, () => {})) events.push(event)
  })().finally(() => (isOver = true))
  following.catch(() => undefined)
  while (!isOver) {
    await turnOfTheLoop()
    mock.timers.tick(50)
  }
  await following
  return { events, asked }
}

const whole: Answer = (after) => stream(framesAfter(after).join(''))

test('a stream gives the log', async () => {
  const { events, asked } = await run([whole])
  assert.deepEqual(events, log)
  assert.deepEqual(asked, [{ after: '', at: 0 }])
})

test('characters may be split between two reads', async () => {
  const bytes = new TextEncoder().encode(framesAfter('').join(''))
  const slow = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
      controller.close()
    },
  })
  const { events, asked } = await run([() => new Response(slow, { headers: EVENT_STREAM })])
  assert.deepEqual(events, log)
  assert.equal(asked.length, 1)
})

test('a connection cut at any byte loses nothing and doubles nothing', async () => {
  const bytes = new TextEncoder().encode(framesAfter('').join(''))
  for (let cut = 0; cut < bytes.length; cut += 1) {
    const { events } = await run([() => stream(bytes.slice(0, cut), cut % 2 ? 'end' : 'break'), whole])
    assert.deepEqual(events, log, `cut after ${cut} bytes`)
  }
})

test('each new connection asks for what follows the last event it has', async () => {
  const one: Answer = (after) => stream(framesAfter(after)[0] as string)
  const { events, asked } = await run([one])
  assert.deepEqual(events, log)
  assert.deepEqual(asked.map(({ after }) => after), ['', '1', '2', '3', '4', '5'])
})

test('following goes on after a cursor that was kept', async () => {
  const { events, asked } = await run([whole], { after: '3' })
  assert.deepEqual(events, log.slice(3))
  assert.equal(asked[0]?.after, '3')
})

test('the end of a connection is not the end of the turn', async () => {
  const { events } = await run([() => stream(''), () => stream(''), whole])
  assert.deepEqual(events, log)
})

test('204 ends a stream that had been read to its end', async () => {
  const { events, asked } = await run([() => new Response(null, { status: 204 })], { after: '6' })
  assert.deepEqual(events, [])
  assert.equal(asked.length, 1)
})

const nothing: Answer = () => new Response(null, { status: 204 })

test('204 before the end is a broken connection', async () => {
  const begun: Answer = () => stream(framesAfter('').slice(0, 3).join(''))
  for (const after of [undefined, '2']) {
    const { events } = await run([begun, nothing, nothing, whole], { ...(after && { after }) })
    assert.deepEqual(events, log.slice(Number(after ?? 0)))
  }
  assert.deepEqual((await run([nothing, whole])).events, log)
})

test('204 to a reader at the end of a turn that goes on is a broken connection', async () => {
  const { events } = await run([nothing, whole], { after: '3' }, false)
  assert.deepEqual(events, log.slice(3))
})

test('an answer that has ended and cannot be followed is given up in words', async () => {
  await assert.rejects(run([nothing]), { name: 'ChatError', code: 'http', message: /has ended/ })
  const hotel: Answer = () => new Response('<h1>Sign in</h1>', { headers: { 'content-type': 'text/html' } })
  await assert.rejects(run([hotel]), { name: 'ChatError' })
})

test('events sent again are not given out again', async () => {
  const { events } = await run([() => stream(framesAfter('').slice(0, 3).join('')), () => stream(framesAfter('').join(''))])
  assert.deepEqual(events, log)
})

test('a gap is asked for again instead of passed on', async () => {
  const gap = [log[0], log[2]].map((event) => frameOf(event as TurnEvent)).join('')
  const { events, asked } = await run([() => stream(gap, 'open'), whole])
  assert.deepEqual(events, log)
  assert.equal(asked[1]?.after, '1')
})

test('an event of a type this client does not know is passed over, and its cursor is kept', async () => {
  const newer = { type: 'mood.changed', seq: 1, at: 1 }
  const renumbered = log.map((event) => ({ ...event, seq: event.seq + 1 }))
  const first: Answer = () => stream(frameOf(newer))
  const { events, asked } = await run([first, (after) => stream(framesAfter(after, renumbered).join(''))])
  assert.deepEqual(events, renumbered)
  assert.equal(asked[1]?.after, '1')
})

test('half a frame, broken JSON and a page of HTML are broken connections', async () => {
  const { events } = await run([
    () => stream('id: 1\nevent: turn.started\ndata: {"type":'),
    () => stream('id: 1\ndata: {"type":\n\n'),
    () => new Response('<h1>Sign in to the hotel</h1>', { headers: { 'content-type': 'text/html' } }),
    () => new Response('<h1>Bad gateway</h1>', { status: 502 }),
    whole,
  ])
  assert.deepEqual(events, log)
})

test('a dead server is asked at once, then after 1, 2, 4 seconds, then ever more slowly, with jitter', async () => {
  const down: Answer = () => {
    throw new TypeError('fetch failed')
  }
  const { asked } = await run([down, down, down, down, down, down, down, whole])
  const waits = asked.slice(1).map(({ at }, i) => at - (asked[i]?.at ?? 0))
  for (const [i, planned] of [300, 1000, 2000, 4000, 8000, 15_000, 15_000].entries()) {
    const waited = waits[i] as number
    assert.ok(waited >= planned * 0.75 && waited <= planned * 1.25 + 100, `wait ${i}: ${waited} ms`)
  }
})

test('an event from the server makes the next wait short again', async () => {
  const down: Answer = () => {
    throw new TypeError('fetch failed')
  }
  const { asked } = await run([down, down, down, () => stream(frameOf(log[0] as TurnEvent)), whole])
  assert.ok((asked[4]?.at as number) - (asked[3]?.at as number) < 500)
})

test('a page that is no event stream is not an open connection', async () => {
  const states: Connection[] = []
  const hotel: Answer = () => new Response('<h1>Sign in</h1>', { headers: { 'content-type': 'text/html' } })
  await run([hotel, whole], { onConnection: (state) => states.push(state) })
  assert.deepEqual(states, ['connecting', 'waiting', 'connecting', 'open'])
})

test('Retry-After is respected', async () => {
  const busy: Answer = () => new Response('{}', { status: 503, headers: { 'retry-after': '7' } })
  const { events, asked } = await run([busy, whole])
  assert.deepEqual(events, log)
  assert.ok((asked[1]?.at as number) >= 7000)
})

test('a server that says no is believed', async () => {
  const error = { error: { code: 'not_found', message: 'There is nothing here.', request_id: 'req_1' } }
  await assert.rejects(run([() => Response.json(error, { status: 404 })]), (problem: ChatError) => {
    assert.deepEqual(
      { code: 'not_found', status: 404, requestId: 'req_1', retryable: false },
      { code: problem.code, status: problem.status, requestId: problem.requestId, retryable: problem.retryable },
    )
    return true
  })
})

test('a line that is silent for two heartbeats is taken up again', async () => {
  const { events, asked } = await run([() => stream(framesAfter('').slice(0, 2).join(''), 'open'), whole])
  assert.deepEqual(events, log)
  assert.equal(asked[1]?.after, '2')
  assert.ok((asked[1]?.at as number) >= 20_000 && (asked[1]?.at as number) < 22_000)
})

test('a heartbeat keeps a quiet line alive', async () => {
  const slow: Answer = () =>
    new Response(
      new ReadableStream<Uint8Array>({
        async start(controller) {
          const say = (text: string) => controller.enqueue(new TextEncoder().encode(text))
          for (let beat = 0; beat < 6; beat++) {
            await new Promise((resolve) => setTimeout(resolve, 10_000))
            say(':\n')
          }
          say(framesAfter('').join(''))
        },
      }),
      { headers: EVENT_STREAM },
    )
  const { events, asked } = await run([slow])
  assert.deepEqual(events, log)
  assert.equal(asked.length, 1)
})

test('the connection is reported as it comes and goes', async () => {
  const states: Connection[] = []
  await run([() => stream(frameOf(log[0] as TurnEvent)), whole], { onConnection: (state) => states.push(state) })
  assert.deepEqual(states, ['connecting', 'open', 'waiting', 'connecting', 'open'])
})

test('a network that is down is told from a server that answers wrongly, and since when it has been so', async () => {
  const told: [Connection, number | undefined, string | undefined, number | undefined][] = []
  const started = Date.now()
  const onConnection: FollowOptions['onConnection'] = (state, trouble) =>
    void told.push([state, trouble?.error.status, trouble?.error.code, trouble && trouble.since - started])
  const down: Answer = () => {
    throw new TypeError('fetch failed')
  }
  const busy: Answer = () => new Response('<h1>Bad gateway</h1>', { status: 503 })
  const hotel: Answer = () => new Response('<h1>Hotel</h1>', { headers: { 'content-type': 'text/html' } })
  await run([down, busy, hotel, () => stream(frameOf(log[0] as TurnEvent)), whole], { onConnection })
  const waits = told.filter(([state]) => state === 'waiting')
  assert.deepEqual(waits.map(([, status, code]) => [status, code]), [[0, 'network'], [503, 'http'], [200, 'http'], [0, 'network']])
  const [first, second, third, fourth] = waits.map(([, , , since]) => since as number)
  assert.deepEqual([first, second, third], [0, 0, 0], 'one trouble has one beginning')
  assert.ok((fourth as number) > 0, 'a line that was open begins another')
  assert.deepEqual(told.filter(([state, status]) => state === 'connecting' && status !== undefined).map(([, status]) => status), [0, 503, 200, 0])
  assert.deepEqual(told.filter(([state, status]) => state === 'open' && status !== undefined), [])
})

test('the signal ends the following while it waits for a dead server', async () => {
  const controller = new AbortController()
  const down: Answer = () => {
    setTimeout(() => controller.abort(), 5000)
    throw new TypeError('fetch failed')
  }
  await assert.rejects(run([down], { signal: controller.signal }), { name: 'AbortError' })
})

/** What a browser page has and Node has not: something to hear `online` and its kin on. */
async function inPage(visible: boolean, story: (page: EventTarget) => Promise<void>) {
  const page = new EventTarget()
  const names = ['addEventListener', 'removeEventListener', 'document'] as const
  const values = [page.addEventListener.bind(page), page.removeEventListener.bind(page), { visibilityState: visible ? 'visible' : 'hidden' }]
  names.forEach((name, i) => Object.defineProperty(globalThis, name, { value: values[i], configurable: true }))
  try {
    await story(page)
  } finally {
    for (const name of names) Reflect.deleteProperty(globalThis, name)
  }
}

for (const moment of ['online', 'pageshow', 'visibilitychange']) {
  test(`${moment} ends the wait for a dead server`, async () => {
    await inPage(true, async (page) => {
      let isFirst = true
      const back: Answer = (after) => {
        if (!isFirst) return whole(after)
        isFirst = false
        setTimeout(() => page.dispatchEvent(new Event(moment)), 100)
        throw new TypeError('fetch failed')
      }
      const { asked } = await run([back])
      assert.ok((asked[1]?.at as number) < 225, `asked again after ${asked[1]?.at} ms`)
    })
  })
}

test('waking up after a sleep takes up again a line that died in it', async () => {
  await inPage(true, async (page) => {
    const asleep: Answer = () => {
      setTimeout(() => page.dispatchEvent(new Event('visibilitychange')), 15_000)
      return stream(frameOf(log[0] as TurnEvent), 'open')
    }
    const { asked } = await run([asleep, whole])
    assert.ok((asked[1]?.at as number) < 16_000)
  })
})

test('a page that is only being hidden wakes nothing', async () => {
  await inPage(false, async (page) => {
    const asleep: Answer = () => {
      setTimeout(() => page.dispatchEvent(new Event('visibilitychange')), 15_000)
      return stream(frameOf(log[0] as TurnEvent), 'open')
    }
    const { asked } = await run([asleep, whole])
    assert.ok((asked[1]?.at as number) >= 20_000)
  })
})
