/** One attempt at an answer: how it came about, its text, how it ended, what can be done with it, its sources. */

import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'

import type { Answer } from '../state/answer.ts'
import type { OpenChat } from '../state/chat.ts'
import type { Exchange } from '../state/exchange.ts'
import { showsPartOfAnswers, usage } from '../state/settings.ts'
import { AnswerActions } from './answer-actions.tsx'
import { FailureCard } from './failure.tsx'
import { AnswerText } from './markdown.tsx'
import { noteOf } from './note.ts'
import { Reasoning } from './reasoning.tsx'
import { Sources } from './sources.tsx'
import { StageLine } from './stage-line.tsx'
import { ToolView } from './tools.tsx'
import { Trace } from './trace.tsx'
import { UsageStrip } from './usage.tsx'

interface Props {
  chat: OpenChat
  exchange: Exchange
  answer: Answer
}

export function AnswerView({ chat, exchange, answer }: Props) {
  const phase = answer.phase.value
  const isFinished = phase === 'finished'
  // What was found is listed when the answer is over: its place is kept, so that it moves nothing that is being read.
  const wasWatched = useRef(!isFinished).current
  const hasRoom = wasWatched && answer.sources.value.length > 0
  const isShown = isFinished || (showsPartOfAnswers.value && phase !== 'waiting' && answer.text !== '')
  return (
    <div class="answer" data-phase={phase} data-turn={answer.turnId}>
      {isShown ? <Trace answer={answer} /> : <StageLine answer={answer} />}
      <Reasoning answer={answer} />
      {answer.tools.value.map((tool) => <ToolView key={tool.id} tool={tool} />)}
      {isShown && <AnswerText answer={answer} />}
      {isFinished && <Outcome chat={chat} exchange={exchange} answer={answer} />}
      <div class={hasRoom ? 'answer-end room' : 'answer-end'}>
        {isFinished ? <Ending chat={chat} exchange={exchange} answer={answer} /> : <div class="answer-foot">{isShown && <Doing answer={answer} />}</div>}
      </div>
    </div>
  )
}

/** What goes on besides writing: a tool in the middle of a text, a search for the next part. */
function Doing({ answer }: { answer: Answer }) {
  const stage = answer.stage.value
  const isOther = answer.phase.value === 'stopping' || (stage?.status === 'running' && stage.name !== 'generation')
  return isOther ? <StageLine answer={answer} /> : null
}

function Outcome({ chat, exchange, answer }: Props) {
  const failure = answer.failure.value
  const note = noteOf(answer)
  const canRetry = chat.running.value === null
  return (
    <>
      {note && <p class="note">{note}</p>}
      {failure && (
        <FailureCard answer={answer} failure={failure} retry={canRetry ? () => void chat.retry(exchange) : undefined}
          discard={exchange.turnId ? undefined : () => chat.discard(exchange)} />
      )}
    </>
  )
}

function Ending({ chat, exchange, answer }: Props) {
  const isOpen = useSignal(false)
  return (
    <>
      <div class="answer-foot">
        <AnswerActions chat={chat} exchange={exchange} answer={answer} isUsageOpen={isOpen} />
      </div>
      {answer.turnId && (usage.value === 'always' || (usage.value === 'asked' && isOpen.value)) && <UsageStrip answer={answer} />}
      {answer.text && <Sources answer={answer} />}
    </>
  )
}
