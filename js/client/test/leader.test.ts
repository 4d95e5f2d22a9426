/** The one connection for all tabs: what it passes on, and what it does when something is missing. */

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'

import { Api } from '../src/api.ts'
import { Line } from '../src/follow.ts'
import { Leader, type Told, type Wanted } from '../src/leader.ts'
import { EVENT_STREAM } from './server.ts'
import { log } from './log.ts'

const frame = (seq: number, turn = 'trn_a') => `id: ${turn}/${seq}\nevent: text.delta\ndata: {"seq":${seq}}\n\n`

let made = 0
let channel: BroadcastChannel
let leader: Leader
/** What was asked for, and the stream that answers it. */
let lines: { query: string; say: (text: string) => void }[]
/** What the tabs were told. */
let told: Told[]
/** What the leader's own page heard without the channel. */
let own: string[]
let heard: (() => void)[]

beforeEach(() => {
  lines = []
  told = []
  own = []
  heard = []
  const name = `leader test ${++made}`
  channel = new BroadcastChannel(name)
  channel.onmessage = (({ data }: MessageEvent<Told>) => {
    told.push(data)
    for (const look of [...heard]) look()
  }) as typeof channel.onmessage
  const send = async (address: string | URL | Request) => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const say = (text: string) => controller.enqueue(new TextEncoder().encode(text))
        lines.push({ query: String(address).split('?')[1] ?? '', say })
      },
    })
    return new Response(body, { headers: EVENT_STREAM })
  }
  const hear = (words: Told) => {
    own.push(...(words.is === 'frames' ? words.frames.map(([turn, seq]) => `${turn}/${seq}`) : []))
    for (const look of [...heard]) look()
  }
  leader = new Leader(name, new Api({ fetch: send }), () => new Line(), { tab: 'own', hear })
})

afterEach(() => {
  leader.close()
  channel.close()
})

const say = (words: Wanted) => channel.postMessage(words)

/** Resolves once the tabs were told something that is so. */
const until = (isSo: () => boolean) =>
  new Promise<void>((resolve) => {
    const look = () => {
      if (!isSo()) return
      heard = heard.filter((one) => one !== look)
      resolve()
    }
    heard.push(look)
    look()
  })

const passed = () => told.flatMap((one) => (one.is === 'frames' ? one.frames.map(([turn, seq]) => `${turn}/${seq}`) : []))
const opened = (count: number) => until(() => told.filter(({ is }) => is === 'opened').length >= count)
const refused = () => told.flatMap((one) => (one.is === 'refused' ? [{ status: one.status, turns: one.turns }] : []))
const line = (n: number) => lines[n] as (typeof lines)[number]

test('a gap is never passed on: its turn is lost, the others go on', async () => {
  say({ want: 'trn_a', after: 0, tab: 'one' })
  say({ want: 'trn_b', after: 3, tab: 'one' })
  await opened(1)
  assert.equal(line(0).query, 'turn=trn_a&turn=trn_b%2F3')
  line(0).say(frame(1) + frame(3) + frame(4, 'trn_b') + frame(4))
  await until(() => passed().includes('trn_b/4'))
  assert.deepEqual(passed(), ['trn_a/1', 'trn_b/4'])
  assert.deepEqual(refused(), [{ status: 0, turns: ['trn_a'] }])
})

test('after a gap whoever asks again gets what was missing, from the last event that all of them have', async () => {
  say({ want: 'trn_a', after: 0, tab: 'one' })
  await opened(1)
  line(0).say(frame(1) + frame(3))
  await until(() => refused().length > 0)
  say({ want: 'trn_a', after: 1, tab: 'one' })
  await opened(2)
  assert.equal(line(1).query, 'turn=trn_a%2F1')
  line(1).say(frame(2) + frame(3))
  await until(() => passed().includes('trn_a/3'))
  assert.deepEqual(passed(), ['trn_a/1', 'trn_a/2', 'trn_a/3'])
})

test('what comes before a new tab is heard is no reason to forget what that tab lacks', async () => {
  say({ want: 'trn_a', after: 4, tab: 'one' })
  await opened(1)
  line(0).say(frame(5))
  await until(() => passed().includes('trn_a/5'))
  const connect = setsOff()
  say({ want: 'trn_a', after: 0, tab: 'two' })
  await until(() => told.some((one) => one.is === 'heard' && one.tab === 'two'))
  line(0).say(frame(6))
  await until(() => passed().includes('trn_a/6'))
  connect()
  await opened(2)
  assert.equal(line(1).query, 'turn=trn_a')
})

test('what only its own page follows never leaves it, until another tab follows too', async () => {
  say({ want: 'trn_a', after: 0, tab: 'own' })
  await opened(1)
  line(0).say(frame(1))
  await until(() => own.length > 0)
  say({ want: 'trn_a', after: 1, tab: 'two' })
  await until(() => told.some((one) => one.is === 'heard' && one.tab === 'two'))
  line(0).say(frame(2))
  await until(() => passed().length > 0)
  assert.deepEqual([own, passed()], [['trn_a/1'], ['trn_a/2']])
})

test('an event sent again, one without a turn and one of nobody are passed over', async () => {
  say({ want: 'trn_a', after: 0, tab: 'one' })
  await opened(1)
  line(0).say(frame(1) + frame(1) + ': beat\n\n' + 'event: hello\ndata: there\n\n' + frame(9, 'trn_z') + frame(Number.NaN) + frame(2))
  await until(() => passed().includes('trn_a/2'))
  assert.deepEqual(passed(), ['trn_a/1', 'trn_a/2'])
  assert.deepEqual(refused(), [])
})

test('what was said of a turn is passed on before its end is', async () => {
  say({ want: 'trn_a', after: 0, tab: 'one' })
  await opened(1)
  line(0).say(frame(1) + 'event: follow.ended\ndata: {"turn_id":"trn_a"}\n\n')
  await until(() => refused().length > 0)
  assert.deepEqual(told.map(({ is }) => is).filter((is) => is === 'frames' || is === 'refused'), ['frames', 'refused'])
})

test('the last event of a turn is the last that is wanted', async () => {
  say({ want: 'trn_a', after: 5, tab: 'one' })
  await opened(1)
  line(0).say(`id: trn_a/6\nevent: turn.finished\ndata: ${JSON.stringify(log[5])}\n\n`)
  await until(() => passed().includes('trn_a/6'))
  say({ want: 'trn_b', after: 0, tab: 'one' })
  await opened(2)
  assert.equal(line(1).query, 'turn=trn_b')
})

/** Holds the leader's connecting back, as a busy page does; returns how to let it go on. */
function setsOff(): () => void {
  const { MessageChannel: real } = globalThis
  const waiting: (() => void)[] = []
  class Held {
    port1 = { onmessage: () => {}, close: () => {} }
    port2 = { postMessage: () => void waiting.push(() => this.port1.onmessage()) }
  }
  globalThis.MessageChannel = Held as unknown as typeof MessageChannel
  return () => {
    globalThis.MessageChannel = real
    for (const go of waiting) go()
  }
}
