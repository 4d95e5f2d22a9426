/** Reference links whose definition comes later: until then their words are shown without their marks. The settled
 * blocks that mention a label are shown again when it is defined, and when it never was. */

import type { Token, Tokens } from 'marked'

import { normalLabel, type Links } from './lexer.ts'

/** A block of settled text. */
export interface Settled {
  raw: string
  node: Element
}

export class References {
  /** What settled text defines: the lexer must know it to read what comes after. */
  readonly settled: Links = Object.create(null) as Links
  #current: Links = Object.create(null) as Links
  #mentions = new Map<string, Set<Settled>>()
  /** Settled blocks with links that name a label. */
  readonly linking = new Set<Settled>()

  get all(): Links {
    return this.#current
  }

  /** Whether `links` differ from what everything on the page was read with. */
  hasNews(links: Links): boolean {
    return this.#changed(links).length > 0
  }

  /** Takes what is defined now; gives the settled blocks that read differently since. */
  update(links: Links): Settled[] {
    const changed = this.#changed(links)
    this.#current = Object.assign(Object.create(null) as Links, links)
    return [...new Set(changed.flatMap((label) => [...(this.#mentions.get(label) ?? [])]))]
  }

  settle(token: Token): void {
    for (const label of definedIn(token)) {
      const link = this.#current[label]
      if (link) this.settled[label] = link
    }
  }

  watch(block: Settled): void {
    if (names(block.raw)) this.linking.add(block)
    for (const label of mentionedIn(block.raw)) {
      const blocks = this.#mentions.get(label) ?? new Set()
      this.#mentions.set(label, blocks.add(block))
    }
  }

  #changed(links: Links): string[] {
    const labels = [...Object.keys(links), ...Object.keys(this.#current).filter((label) => !Object.hasOwn(links, label))]
    return labels.filter((label) => !isSame(this.#current[label], links[label]))
  }
}

/** Whether there is anything like `[words][label]` or `[label][]` in it. */
export function names(raw: string): boolean {
  return /\]\[[^\]]*\]/.test(raw)
}

const isSame = (one: Links[string] | undefined, other: Links[string] | undefined) =>
  one?.href === other?.href && one?.title === other?.title

function definedIn(token: Token): string[] {
  if (token.type === 'def') return [(token as Tokens.Def).tag]
  if (token.type === 'list') return (token as Tokens.List).items.flatMap(definedIn)
  const isContainer = token.type === 'list_item' || token.type === 'blockquote'
  return isContainer ? ((token as Tokens.Generic).tokens ?? []).flatMap(definedIn) : []
}

function mentionedIn(raw: string): string[] {
  if (!raw.includes('[')) return []
  return [...new Set([...raw.matchAll(/\[((?:\\[^]|[^\[\]\\]){1,400})(?=\])/g)].map((found) => normalLabel(found[1] as string)))]
}
