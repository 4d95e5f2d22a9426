/** One attempt at an answer: what led to it, its text, its sources, how it ended and what can be done with it. */

import { useSignal } from '@preact/signals'

import type { Answer } from '../state/answer.ts'
import { words } from '../words.ts'
import { CopyButton } from './copy-button.tsx'
import { Details, DetailsButton } from './details.tsx'
import { FailureCard } from './failure.tsx'
import { RetryIcon } from './icons.tsx'
import { AnswerText } from './markdown.tsx'
import { Reasoning } from './reasoning.tsx'
import { Sources } from './sources.tsx'
import { StageLine } from './stage-line.tsx'
import { Tool } from './tools.tsx'

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
