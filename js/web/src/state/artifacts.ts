/** Pages and drawings that a model wrote into its answers: what is worth a preview, and its versions through a chat. */

import type { OpenChat } from './chat.ts'

export interface Artifact {
  language: 'html' | 'svg'
  code: string
  /** From its own title; empty when it has none. */
  title: string
  /** Which answer it stands in. */
  turnId: string
}

/** Shorter is an example of a tag, not a thing to look at. */
const SHORTEST = 60
/** Longer is no page that a model wrote. */
const LONGEST = 1_000_000

/** The artifact that a fence holds, or null when it holds only code. */
export function artifactOf(language: string, code: string, turnId: string): Artifact | null {
  if (code.length < SHORTEST || code.length > LONGEST) return null
  const isDrawing = /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*(?:<!doctype svg[^>]*>\s*)?<svg[\s>]/i.test(code)
  const name = language.toLowerCase()
  if (isDrawing && ['svg', 'xml', 'html'].includes(name)) return made('svg', code, turnId)
  const isPage = /<(?:!doctype html|html|head|body|main|section|div|canvas|style|script|form|table|button|svg|h1)[\s>]/i.test(code)
  return name === 'html' && isPage ? made('html', code, turnId) : null
}

function made(language: Artifact['language'], code: string, turnId: string): Artifact {
  const title = /<title[^>]*>([^<]{1,120})<\/title>/i.exec(code)?.[1]?.replace(/\s+/g, ' ').trim() ?? ''
  return { language, code, title, turnId }
}

/** Those of the chat that are of the same kind and name, oldest first. */
export function versionsOf(chat: OpenChat, one: Artifact): readonly Artifact[] {
  const answers = chat.exchanges.all.value.flatMap(({ answer }) => answer.value ?? [])
  const all = answers.flatMap(({ text, turnId }) => artifactsIn(text, turnId))
  const versions = all.filter((other) => other.language === one.language && other.title === one.title)
  return versions.some((other) => isSame(other, one)) ? versions : [...versions, one]
}

export function isSame(one: Artifact, other: Artifact): boolean {
  return one.turnId === other.turnId && one.code === other.code
}

function artifactsIn(text: string, turnId: string): Artifact[] {
  return fencesOf(text).flatMap(({ language, code }) => artifactOf(language, code, turnId) ?? [])
}

/** Closed fences only: what is still being written is no version yet. */
function fencesOf(text: string): { language: string; code: string }[] {
  const found: { language: string; code: string }[] = []
  let open: { mark: string; indent: number; language: string; lines: string[] } | null = null
  for (const line of text.split('\n')) {
    const [, indent = '', mark, info = ''] = /^( *)(`{3,}|~{3,})(.*)$/.exec(line) ?? []
    if (!open) {
      if (mark) open = { mark, indent: indent.length, language: /^[\w+#.-]*/.exec(info.trim())?.[0] ?? '', lines: [] }
    } else if (mark && mark[0] === open.mark[0] && mark.length >= open.mark.length && !info.trim()) {
      found.push({ language: open.language, code: open.lines.join('\n') })
      open = null
    } else {
      open.lines.push(line.slice(Math.min(open.indent, /^ */.exec(line)?.[0].length ?? 0)))
    }
  }
  return found
}
