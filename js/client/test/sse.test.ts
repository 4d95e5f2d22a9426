/** The parser passes the cases that the Python parser passes. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { Parser } from '../src/sse.ts'
import { root } from './paths.ts'

interface Case {
  name: string
  chunks: (string | { base64: string })[]
  events: { event: string; data: string; id: string }[]
}

const cases = JSON.parse(readFileSync(new URL('tests/fixtures/sse_cases.json', root), 'utf8')) as Case[]

const bytesOf = (chunk: Case['chunks'][number]) =>
  typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.base64, 'base64')

function parse(pieces: readonly Uint8Array[]) {
  const decoder = new TextDecoder()
  const parser = new Parser()
  return pieces.flatMap((piece) => parser.feed(decoder.decode(piece, { stream: true })))
}

test('there are at least 30 cases', () => {
  assert.ok(cases.length >= 30)
})

for (const { name, chunks, events } of cases) {
  test(name, () => {
    assert.deepEqual(parse(chunks.map(bytesOf)), events)
  })

  test(`${name}, in one read and byte by byte`, () => {
    const whole = Buffer.concat(chunks.map(bytesOf))
    assert.deepEqual(parse([whole]), events)
    assert.deepEqual(parse([...whole].map((byte) => Uint8Array.of(byte))), events)
  })
}

test('an empty read between CR and LF leaves them one line end', () => {
  const parser = new Parser()
  const messages = ['data: a\r', '', '\ndata: b\n', '\n'].flatMap((text) => parser.feed(text))
  assert.deepEqual(messages, [{ id: '', event: 'message', data: 'a\nb' }])
})

test('a long line in small pieces costs time in proportion to its length', () => {
  const parser = new Parser()
  parser.feed('data: ')
  const started = performance.now()
  for (let i = 0; i < 200_000; i++) parser.feed('abcd')
  const [message] = parser.feed('\n\n')
  assert.equal(message?.data.length, 800_000)
  assert.ok(performance.now() - started < 5000, 'a parser that copies the line with each piece takes minutes')
})
