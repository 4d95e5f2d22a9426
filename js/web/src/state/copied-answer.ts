/** An answer as people paste it: Markdown with its list of sources, or plain text. */

import { words } from '../words.ts'
import type { Answer } from './answer.ts'
import { addressOf, factsAmong } from './source-name.ts'

/** The text as it was written, then what its numbers stand for. */
export function copiedAnswer(answer: Answer): string {
  const used = answer.sources.value.filter(({ n }) => answer.cited.value.has(n))
  if (!used.length) return answer.text
  const lines = used.map((source) => {
    const { n, title, filename, url } = source
    const [name, address] = [escaped(title || filename || url), addressOf(source)]
    return [`[${n}] ${address ? `[${name}](<${address}>)` : name}`, ...factsAmong(answer.sources.value, source).map(escaped)].join(', ')
  })
  return `${answer.text.trimEnd()}\n\n${words.sourceList}:\n\n${lines.map((line) => `- ${line}`).join('\n')}\n`
}

/** Without the marks of Markdown and without the numbers, as it reads. */
export function plainAnswer({ text, sources }: Answer): string {
  const known = new Set(sources.value.map(({ n }) => n))
  return text
    .replace(/^(`{3,}|~{3,}).*\n([\s\S]*?)^\1\s*$/gm, '$2')
    .replace(/\s?\[(\d+)\]/g, (mark, n: string) => (known.has(Number(n)) ? '' : mark))
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^\s{0,3}(#{1,6}|>)\s+/gm, '')
    .replace(/(\*\*|__|~~|`)(?=\S)([\s\S]*?\S)\1/g, '$2')
    .replace(/(^|[\s(])[*_](?=\S)([^*_\n]*\S)[*_](?=[\s).,;:!?]|$)/g, '$1$2')
    .trim()
}

function escaped(title: string): string {
  return title.replace(/[[\]\\]/g, '\\$&').replace(/\s+/g, ' ')
}
