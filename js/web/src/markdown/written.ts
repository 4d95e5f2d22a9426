/** A document's Markdown as it was written: every letter stays in its place, and runs of them know what they are. A
 * drawer that marks a passage by its offsets greys the signs; a card that only says what is there leaves them out. */

export interface Run {
  start: number
  end: number
  /** Names for the style sheet: `sign` for what is no word, and how the words would look without it. */
  kind: string
}

const FENCE = /^[ \t]*(`{3,}|~{3,})[ \t]*([^\s`]*)[^`]*$/
const HEADING = /^ {0,3}#{1,6}[ \t]+/
const QUOTE = /^ {0,3}(?:>[ \t]?)+/
const ROW = /^[ \t]*\|/
const DELIMITERS = /^(?=.*-)(?=.*\|)[ \t|:-]+$/
/** Words between two signs; a bar is a sign of its own. */
const INLINE = new RegExp(
  [
    '(?<ticks>(?<!`)`+(?!`))(?<mono>.+?)(?<!`)\\k<ticks>(?!`)',
    '(?<stars>\\*\\*|(?<![\\p{L}\\p{N}])__)(?=\\S)(?<bold>.+?)(?<=\\S)\\k<stars>',
    '(?<![*_\\p{L}\\p{N}])(?<star>[*_])(?=[^\\s*_])(?<slant>[^*_]+?)(?<=\\S)\\k<star>(?![*_\\p{L}\\p{N}])',
    '(?<bracket>!?\\[)(?<label>[^\\]]+)\\]\\([^()\\s]*\\)',
    '(?<!\\\\)(?<bar>\\|)',
  ].join('|'),
  'gu',
)
/** Nobody writes a longer line with signs in it; what they cost grows with its square. */
const LONGEST = 2000

/** Text that is no Markdown is one run. Where it begins in the middle of a document, that may be inside of code. */
export function runsOf(text: string, mediaType: string | null | undefined, isBeginning: boolean): Run[] {
  if (mediaType === 'text/markdown') return [...new Writing(text, isBeginning).runs()]
  return [{ start: 0, end: text.length, kind: mediaType?.startsWith('text/x-') ? 'mono' : '' }]
}

class Writing {
  #lines: string[]
  #fence: string | undefined
  #at = 0

  constructor(text: string, isBeginning: boolean) {
    this.#lines = text.match(/[^\n]*\n|[^\n]+/g) ?? []
    if (!isBeginning) this.#fence = begunBefore(this.#lines)
  }

  *runs(): Generator<Run> {
    for (const line of this.#lines) yield* this.#line(line)
  }

  #run(length: number, kind: string): Run {
    return { start: this.#at, end: (this.#at += length), kind: kind.trim() }
  }

  *#line(line: string): Generator<Run> {
    const fence = FENCE.exec(line)
    if (this.#fence ? isEnd(fence, this.#fence) : fence) {
      this.#fence = this.#fence ? undefined : fence?.[1]
      return yield this.#run(line.length, 'mono sign')
    }
    if (this.#fence) return yield this.#run(line.length, 'mono')
    if (DELIMITERS.test(line.trimEnd())) return yield this.#run(line.length, 'cells sign')
    const isRow = ROW.test(line)
    const marks = (HEADING.exec(line) ?? QUOTE.exec(line))?.[0].length ?? 0
    if (marks) yield this.#run(marks, 'sign')
    yield* this.#words(line.slice(marks), isRow ? 'cells' : HEADING.test(line) ? 'heading' : '', isRow)
  }

  *#words(words: string, kind: string, isRow: boolean): Generator<Run> {
    let done = 0
    for (const { 0: whole, index, groups = {} } of words.length > LONGEST ? [] : words.matchAll(INLINE)) {
      const { ticks, stars, star, bracket, mono, bold, slant, label, bar } = groups
      if (bar && !isRow) continue
      if (index > done) yield this.#run(index - done, kind)
      done = index + whole.length
      if (bar) {
        // At the ends of a row, and before an empty cell, it parts nothing.
        const parts = words.slice(0, index).trim() && words.slice(done).split('|', 1)[0]?.trim()
        yield this.#run(1, parts ? 'cells bar' : 'cells sign')
        continue
      }
      const sign = (ticks ?? stars ?? star ?? bracket ?? '').length
      const inner = mono ?? bold ?? slant ?? label ?? ''
      yield this.#run(sign, `${kind} sign`)
      if (mono) yield this.#run(inner.length, `${kind} mono`)
      else yield* this.#words(inner, `${kind} ${bold ? 'bold' : slant ? 'slant' : ''}`, isRow)
      yield this.#run(whole.length - sign - inner.length, `${kind} sign`)
    }
    if (done < words.length) yield this.#run(words.length - done, kind)
  }
}

function isEnd(fence: RegExpExecArray | null, open: string): boolean {
  return fence !== null && !fence[2] && (fence[1] as string).startsWith(open)
}

/** Only the first line of code names a language: an odd number of fences before one that does began inside. */
function begunBefore(lines: readonly string[]): string | undefined {
  const fences = lines.map((line) => FENCE.exec(line)).filter((fence) => fence !== null)
  return fences.findIndex((fence) => fence[2]) % 2 === 1 ? fences[0]?.[1] : undefined
}
