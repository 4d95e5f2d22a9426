/** The code of a card as a file: byte for byte, under a name that its language suggests. */

import { saveFile } from '../state/export.ts'

/** Languages whose files do not end as they are called. */
const ENDINGS: Record<string, string> = {
  bash: 'sh', 'c++': 'cpp', 'c#': 'cs', csharp: 'cs', elixir: 'ex', erlang: 'erl', haskell: 'hs', javascript: 'js', julia: 'jl',
  kotlin: 'kt', latex: 'tex', markdown: 'md', matlab: 'm', mermaid: 'mmd', 'objective-c': 'm', perl: 'pl', powershell: 'ps1',
  python: 'py', ruby: 'rb', rust: 'rs', shell: 'sh', typescript: 'ts', yaml: 'yml', zsh: 'sh',
}
const SAME = new Set(
  ('bat c cpp cs css csv dart diff ex go graphql h html ini java js json jsx kt lua md php pl ps1 py r rb rs scss sh sql svg swift tex ' +
    'toml ts tsx vue xml yml').split(' '),
)
/** Files that are called by a name and not by an ending. */
const NAMES: Record<string, string> = { dockerfile: 'Dockerfile', makefile: 'Makefile' }

/** As plain text, a browser would give a name without an ending one of its own. */
export function saveCode(code: Element | null): void {
  if (code) saveFile(new Blob([code.textContent ?? ''], { type: 'application/octet-stream' }), nameOf(code.getAttribute('data-language') ?? ''))
}

function nameOf(language: string): string {
  const known = language.toLowerCase()
  return NAMES[known] ?? `code.${ENDINGS[known] ?? (SAME.has(known) ? known : 'txt')}`
}
