/** One attempt at an answer: what led to it, its text, its sources, how it ended and what can be done with it. */

import { useSignal } from '@preact/signals'
import type { Passage, ToolUse } from '@rivulet/client'

import type { Answer } from '../state/answer.ts'
import { openPanel } from '../state/panel.ts'
import { words } from '../words.ts'
import { CopyButton } from './copy-button.tsx'
import { Details, DetailsButton } from './details.tsx'
import { FailureCard } from './failure.tsx'
import { RetryIcon } from './icons.tsx'
import { AnswerText } from './markdown.tsx'
import { StageLine } from './stage-line.tsx'

interface Props {
  answer: Answer
  /** Missing when this is not the last answer of its chat. */
  retry: (() => void) | undefined
}

export function AnswerView({ answer, retry }: Props) {
  const phase = answer.phase.value
  const isFinished = phase === 'finished'
  return (
    <div class="answer" data-phase={phase}>
      <Reasoning answer={answer} />
      {answer.tools.value.map((tool) => <Tool key={tool.id} tool={tool} />)}
      <AnswerText answer={answer} />
      {!isFinished && !isWritingText(answer) && <StageLine answer={answer} />}
      {isFinished && <Ending answer={answer} retry={retry} />}
    </div>
  )
}

const isWritingText = (answer: Answer) => answer.phase.value === 'writing' && answer.text !== ''

function Ending({ answer, retry }: Props) {
  const isOpen = useSignal(false)
  const failure = answer.failure.value
  const note = noteOf(answer)
  return (
    <>
      {note && <p class="note">{note}</p>}
      {failure && <FailureCard answer={answer} failure={failure} retry={retry} />}
      {answer.text && <Sources answer={answer} />}
      {(answer.text || !failure) && (
        <div class="actions">
          {answer.text && <CopyButton text={() => answer.text} label={words.copyAnswer} />}
          {retry && !failure && (
            <button type="button" class="quiet" onClick={retry}><RetryIcon /><span>{words.askAgain}</span></button>
          )}
          {answer.turnId && <DetailsButton isOpen={isOpen} />}
        </div>
      )}
      {isOpen.value && <Details answer={answer} />}
    </>
  )
}

function noteOf(answer: Answer): string | null {
  if (answer.status.value === 'cancelled') return answer.text ? words.stopped : words.stoppedEmpty
  if (answer.status.value === 'incomplete' && !answer.failure.value) return words.incomplete
  return null
}

/** Cited sources first; what was found and not used is folded away. */
function Sources({ answer }: { answer: Answer }) {
  const isOpen = useSignal(false)
  const all = answer.sources.value
  const used = all.filter(({ n }) => answer.cited.value.has(n))
  const others = all.filter(({ n }) => !answer.cited.value.has(n))
  if (!all.length) return null
  const open = (passage: Passage) => {
    const quote = answer.citations.value.find(({ n }) => n === passage.n)?.quote
    openPanel({ kind: 'passage', passages: all, index: all.indexOf(passage), quote })
  }
  const pill = (passage: Passage) => (
    <li key={passage.id}>
      <button type="button" class="source" onClick={() => open(passage)}
        aria-label={words.source(passage.n, passage.title)}>
        <b>{passage.n}</b>
        <span class="source-title">{passage.title}</span>
        {passage.page != null && <span class="source-page">{words.page(passage.page)}</span>}
      </button>
    </li>
  )
  return (
    <div class="sources">
      {used.length > 0 && <ul>{used.map(pill)}</ul>}
      {others.length > 0 && !isOpen.value && (
        <button type="button" class="quiet" onClick={() => (isOpen.value = true)}>{used.length ? words.otherSources(others.length) : words.foundSources(others.length)}</button>
      )}
      {others.length > 0 && isOpen.value && <ul class="uncited">{others.map(pill)}</ul>}
    </div>
  )
}

function Reasoning({ answer }: { answer: Answer }) {
  void answer.changed.value
  if (!answer.reasoning) return null
  const isThinking = answer.isRunning && !answer.text
  return (
    <details class="trace" open={isThinking}>
      <summary>{isThinking ? words.thinking : words.reasoning}</summary>
      <p class="plain" dir="auto">{answer.reasoning}</p>
    </details>
  )
}

function Tool({ tool }: { tool: ToolUse }) {
  return (
    <details class="trace">
      <summary>{tool.name} <span class="muted">{words.toolStatus[tool.status ?? 'running']}</span></summary>
      {tool.input !== undefined && <Value label={words.toolInput} value={tool.input} />}
      {tool.output !== undefined && <Value label={words.toolOutput} value={tool.output} />}
      {tool.error && <p class="plain">{tool.error}</p>}
    </details>
  )
}

function Value({ label, value }: { label: string; value: unknown }) {
  return (
    <>
      <p class="muted">{label}</p>
      <pre dir="ltr" tabIndex={0}>{typeof value === 'string' ? value : JSON.stringify(value, null, 2)}</pre>
    </>
  )
}
