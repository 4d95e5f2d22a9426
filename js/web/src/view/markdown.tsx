/** An answer's text as a growing Markdown view, with its marks as chips. */

import { useLayoutEffect, useRef } from 'preact/hooks'

import { enrich } from '../markdown/enrich.ts'
import { MarkdownView } from '../markdown/view.ts'
import type { Answer } from '../state/answer.ts'
import { attempt } from '../state/notices.ts'
import { sharedId } from '../state/shared.ts'
import { language, words } from '../words.ts'
import { chip, cites, openCitation } from './citation.ts'
import { copyText } from './clipboard.ts'
import { saveCode } from './code-file.ts'
import { COPIED_MS } from './copy-button.tsx'
import { Images } from './images.ts'
import { offerPreview } from './preview.ts'

export function AnswerText({ answer }: { answer: Answer }) {
  const root = useRef<HTMLDivElement>(null)
  const images = useRef<Images | null>(null)
  // Before the next paint: what is there has its height when the conversation is scrolled to its end.
  useLayoutEffect(() => {
    const place = root.current as Element
    cites(place, answer)
    // In another language the same text has other labels.
    place.replaceChildren()
    images.current = new Images(answer)
    const view = new MarkdownView(place, {
      mark: (n) => chip(answer, n),
      enrich: (block, isSettled) => {
        offerPreview(block, isSettled)
        enrich(block, isSettled)
      },
      words: {
        copy: words.copy, save: words.saveCode, wrap: words.wrapLines, taskDone: words.taskDone, taskOpen: words.taskOpen, image: words.imageAt,
        // Who reads under a link has no turn to ask about, and follows the link instead.
        ...(!sharedId && { offer: { show: words.showImage, open: words.openImage } }),
      },
    })
    const stop = inPortions(answer, (text, isWhole) => view.update(text, isWhole))
    return () => {
      stop()
      images.current?.leave()
    }
  }, [answer, language.value])
  return <div class="markdown" ref={root} onClick={(event) => pressed(event, images.current)} />
}

/** How much text one frame lays out without being felt: some 25 ms of it on a slow laptop. Only what was written long
 * ago, or elsewhere, comes in more. */
const PORTION = 60_000

function inPortions(answer: Answer, show: (text: string, isWhole: boolean) => void): () => void {
  let shown = 0
  let next = 0
  const go = () => {
    cancelAnimationFrame(next)
    const { text } = answer
    const isRest = text.length - shown <= PORTION
    shown = isRest ? text.length : shown + PORTION
    show(isRest ? text : text.slice(0, shown), isRest && !answer.isRunning)
    if (!isRest) next = requestAnimationFrame(go)
  }
  const forget = answer.changed.subscribe(go)
  return () => {
    cancelAnimationFrame(next)
    forget()
  }
}

/** The text is not made of components, so its buttons are heard here. */
function pressed(event: MouseEvent, images: Images | null): void {
  const button = event.target instanceof Element ? event.target.closest('button') : null
  if (button?.dataset['n']) {
    openCitation(button)
  } else if (button?.dataset['copy'] !== undefined) {
    void attempt(copyCode(button))
  } else if (button?.dataset['save'] !== undefined) {
    saveCode(button.closest('figure')?.querySelector('code') ?? null)
  } else if (button?.dataset['image'] !== undefined) {
    void images?.show(button)
  } else if (button?.dataset['wrap'] !== undefined) {
    const isWrapped = button.closest('figure')?.classList.toggle('wrapped') ?? false
    button.setAttribute('aria-pressed', String(isWrapped))
  }
}

async function copyCode(button: HTMLButtonElement): Promise<void> {
  await copyText(button.closest('figure')?.querySelector('code')?.textContent ?? '')
  button.textContent = words.copied
  setTimeout(() => (button.textContent = words.copy), COPIED_MS)
}
