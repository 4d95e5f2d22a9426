/** An answer's text as a growing Markdown view, with its marks as chips. */

import type { Passage } from '@rivulet/client'
import { useEffect, useRef } from 'preact/hooks'

import { MarkdownView } from '../markdown/view.ts'
import type { Answer } from '../state/answer.ts'
import { attempt } from '../state/notices.ts'
import { openPanel } from '../state/panel.ts'
import { words } from '../words.ts'
import { copyText } from './clipboard.ts'
import { COPIED_MS } from './copy-button.tsx'

export function AnswerText({ answer }: { answer: Answer }) {
  const root = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const view = new MarkdownView(root.current as Element, {
      mark: (n) => chip(answer.sources.value, n),
      copyLabel: words.copy,
      imageLabel: words.imageAt,
    })
    return answer.changed.subscribe(() => view.update(answer.text, !answer.isRunning))
  }, [answer])
  return <div class="markdown" ref={root} onClick={(event) => pressed(event, answer)} />
}

function chip(sources: readonly Passage[], n: number): Node | null {
  const source = sources.find((one) => one.n === n)
  if (!source) return null
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'chip'
  button.dataset['n'] = String(n)
  button.setAttribute('aria-label', words.source(n, source.title))
  button.title = source.title
  button.textContent = String(n)
  return button
}

/** The text is not made of components, so its buttons are heard here. */
function pressed(event: MouseEvent, answer: Answer): void {
  const button = event.target instanceof Element ? event.target.closest('button') : null
  if (button?.dataset['n']) {
    const passages = answer.sources.value
    const index = passages.findIndex(({ n }) => n === Number(button.dataset['n']))
    openPanel({ kind: 'passage', passages, index, quote: quoteOf(button, answer) })
  } else if (button?.dataset['copy'] !== undefined) {
    void attempt(copyCode(button))
  }
}

/** Marks and citations come in the same order; where they do not match, the first citation of that source serves. */
function quoteOf(chip: HTMLButtonElement, answer: Answer): string | undefined {
  const chips = chip.closest('.markdown')?.querySelectorAll('.chip') ?? []
  const n = Number(chip.dataset['n'])
  const citations = answer.citations.value
  const own = citations[[...chips].indexOf(chip)]
  return (own?.n === n ? own : citations.find((one) => one.n === n))?.quote
}

async function copyCode(button: HTMLButtonElement): Promise<void> {
  await copyText(button.closest('figure')?.querySelector('code')?.textContent ?? '')
  button.textContent = words.copied
  setTimeout(() => (button.textContent = words.copy), COPIED_MS)
}
