/** What the model thought before it answered: open while it thinks, folded afterwards, a page at a time. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

import type { Answer } from '../state/answer.ts'
import { words } from '../words.ts'
import { ChevronIcon } from './icons.tsx'

/** Two screens of small text; laying out more of it for every frame would show. */
const PAGE = 4000

export function Reasoning({ answer }: { answer: Answer }) {
  void answer.changed.value
  const isThinking = answer.isRunning && !answer.text
  const isOpen = useSignal(isThinking)
  const from = useSignal<number | null>(null)
  useEffect(() => {
    isOpen.value = isThinking
  }, [isThinking])
  const { reasoning } = answer
  if (!reasoning) return null
  // While it grows its end is looked at, afterwards its beginning.
  const start = from.value ?? (isThinking ? Math.max(0, reasoning.length - PAGE) : 0)
  const end = Math.min(reasoning.length, start + PAGE)
  return (
    <details class="fold reasoning" open={isOpen.value} onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
      <summary><ChevronIcon /><span>{isThinking ? words.thinking : words.reasoning}</span></summary>
      {isOpen.value && (
        <div class="fold-body">
          {isThinking && start > 0 && <p class="muted">{words.reasoningBefore(start)}</p>}
          <p class="plain" dir="auto">{reasoning.slice(start, end)}</p>
          {!isThinking && reasoning.length > PAGE && (
            <div class="pager">
              <button type="button" class="quiet" disabled={start === 0} onClick={() => (from.value = Math.max(0, start - PAGE))}>{words.pageBefore}</button>
              <span class="muted">{words.pageOf(Math.floor(start / PAGE) + 1, Math.ceil(reasoning.length / PAGE))}</span>
              <button type="button" class="quiet" disabled={end === reasoning.length} onClick={() => (from.value = end)}>{words.pageAfter}</button>
            </div>
          )}
        </div>
      )}
    </details>
  )
}
