/** Source code → runs of one colour each, by highlight.js; never an HTML string. */

import hljs from 'highlight.js/lib/common'

class Runs {
  readonly runs: [string, string][] = []
  #scopes: string[] = []

  addText(text: string): void {
    if (text) this.runs.push([text, this.#scopes.at(-1) ?? ''])
  }

  startScope(scope: string): void {
    this.#scopes.push(`hl-${scope.replace(/[._].*/, '')}`)
  }

  endScope(): void {
    this.#scopes.pop()
  }

  /** The names it uses for the beginning and the end of some of its scopes. */
  openNode(scope: string): void {
    this.startScope(scope)
  }

  closeNode(): void {
    this.endScope()
  }

  __addSublanguage(other: Runs): void {
    this.runs.push(...other.runs)
  }

  finalize(): void {}

  toHTML(): string {
    return ''
  }
}

hljs.configure({ __emitter: Runs } as object)

/** Pairs of text and class, which make up the whole text; null for a language that is not known. */
export function colouredRuns(text: string, language: string): [string, string][] | null {
  if (!hljs.getLanguage(language)) return null
  const { _emitter } = hljs.highlight(text, { language, ignoreIllegals: true })
  const { runs } = _emitter as unknown as Runs
  return runs.reduce((length, [run]) => length + run.length, 0) === text.length ? runs : null
}
