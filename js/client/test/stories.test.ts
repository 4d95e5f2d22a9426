/** The conformance stories: what Python wrote, this client reads and folds to the same record. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { fold, type TurnEvent, type TurnState } from '../src/index.ts'
import { Parser } from '../src/sse.ts'
import { root } from './paths.ts'

interface Recipe {
  before: TurnEvent[]
  repeat: { times: number; event: { type: string; part_id: string; delta: string } }
  after: TurnEvent[]
  tick_ms: number
}

const conformance = new URL('conformance/', root)
const names = readdirSync(conformance).filter((name) => existsSync(new URL(`${name}/final.json`, conformance)))
const short = names.filter((name) => existsSync(new URL(`${name}/native.sse`, conformance)))
const long = names.filter((name) => existsSync(new URL(`${name}/recipe.json`, conformance)))

const bytesOf = (name: string, file: string) => readFileSync(new URL(`${name}/${file}`, conformance))
const finalOf = (name: string) => JSON.parse(bytesOf(name, 'final.json').toString()) as TurnState
const logOf = (name: string) =>
  bytesOf(name, 'events.jsonl').toString().trimEnd().split('\n').map((line) => JSON.parse(line) as TurnEvent)

/** What a reader gets whose network delivers `pieces`. */
function read(pieces: Iterable<Uint8Array>): TurnEvent[] {
  const decoder = new TextDecoder()
  const parser = new Parser()
  return [...pieces].flatMap((piece) =>
    parser.feed(decoder.decode(piece, { stream: true })).map(({ data }) => JSON.parse(data) as TurnEvent),
  )
}

function* slices(bytes: Uint8Array, size: number) {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

test('there are stories to read', () => {
  assert.ok(short.length >= 10 && long.length >= 1, names.join())
})

for (const name of short) {
  test(`${name}: the log folds to Python's record`, () => {
    assert.deepEqual(fold(logOf(name)), finalOf(name))
  })

  test(`${name}: read one byte at a time, the stream is the log`, () => {
    assert.deepEqual(read(slices(bytesOf(name, 'native.sse'), 1)), logOf(name))
  })

  test(`${name}: cut in two at every byte, the stream folds to the same record`, () => {
    const bytes = bytesOf(name, 'native.sse')
    const final = JSON.stringify(fold(read([bytes])))
    assert.deepEqual(JSON.parse(final), finalOf(name))
    for (let at = 0; at <= bytes.length; at++) {
      assert.equal(JSON.stringify(fold(read([bytes.subarray(0, at), bytes.subarray(at)]))), final)
    }
  })

  test(`${name}: the id of every frame is its event's number`, () => {
    const messages = new Parser().feed(bytesOf(name, 'native.sse').toString())
    assert.deepEqual(
      messages.map(({ id, event }) => ({ id, event })),
      logOf(name).map(({ seq, type }) => ({ id: `${seq}`, event: type })),
    )
  })
}

for (const name of long) {
  test(`${name}: the recipe's frames are Python's bytes, and fold to Python's record`, () => {
    const log = unrolled(JSON.parse(bytesOf(name, 'recipe.json').toString()) as Recipe)
    const frames = log.map((event) => `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    const stream = Buffer.from(frames.join(''))
    const digests = JSON.parse(bytesOf(name, 'digests.json').toString()) as Record<string, { sha256: string }>
    assert.equal(createHash('sha256').update(stream).digest('hex'), digests['native.sse']?.sha256)
    assert.deepEqual(fold(read(slices(stream, 997))), finalOf(name))
  })
}

function unrolled({ before, repeat, after, tick_ms }: Recipe): TurnEvent[] {
  const first = before[0] as TurnEvent
  const middle = Array.from({ length: repeat.times }, (_, i) => {
    const seq = before.length + 1 + i
    const at = first.at + tick_ms * (seq - 1)
    return { ...repeat.event, delta: repeat.event.delta.replace('{i}', `${i}`), seq, at } as TurnEvent
  })
  return [...before, ...middle, ...after]
}
