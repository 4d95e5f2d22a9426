/** The conversation: questions, answers, and a place to start when there are none. */

import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

import type { Exchange, OpenChat } from '../state/chat.ts'
import { modelForQuestion } from '../state/models.ts'
import { words } from '../words.ts'
import { AnswerView } from './answer.tsx'
import { DownIcon, LeftIcon, RightIcon } from './icons.tsx'
import { Scroller } from './scroller.ts'
import { Welcome } from './welcome.tsx'

export function Transcript({ chat }: { chat: OpenChat }) {
  const box = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const scroller = useSignal<Scroller | null>(null)
  const count = chat.exchanges.value.length
  useEffect(() => {
    const made = new Scroller(box.current as HTMLElement, content.current as HTMLElement)
    scroller.value = made
    return () => made.dispose()
  }, [])
  useEffect(() => scroller.value?.follow(), [chat, count])
  return (
    <div class="transcript-frame">
      <div class="transcript" ref={box} role="log" aria-label={words.conversation} aria-busy={chat.running.value !== null} tabIndex={0}>
        <div class="column" ref={content}>
          {chat.problem.value !== null && <p class="load-problem" role="alert">{words.loadFailed(chat.problem.value)}</p>}
          {count === 0 && !chat.id && <Welcome />}
          {chat.exchanges.value.map((exchange, i) => (
            <ExchangeView key={i} chat={chat} exchange={exchange} isLast={i === count - 1} />
          ))}
        </div>
      </div>
      {scroller.value?.isAway.value && (
        <button type="button" class="latest" onClick={scroller.value.follow} aria-label={words.latestLabel}>
          <DownIcon /><span>{words.latest}</span>
        </button>
      )}
    </div>
  )
}

function ExchangeView({ chat, exchange, isLast }: { chat: OpenChat; exchange: Exchange; isLast: boolean }) {
  const answer = exchange.shown.value
  const retry = isLast && chat.running.value === null ? () => void chat.retry(exchange, modelForQuestion.value) : undefined
  return (
    <article class="exchange">
      <div class="question" dir="auto">
        <span class="off-screen">{words.you}: </span>
        {exchange.question}
      </div>
      {answer && <AnswerView key={answer.key} answer={answer} retry={retry} />}
      {exchange.attempts.value.length > 1 && <Attempts exchange={exchange} />}
    </article>
  )
}

function Attempts({ exchange }: { exchange: Exchange }) {
  const { index, attempts } = exchange
  const count = attempts.value.length
  return (
    <div class="attempts">
      <button type="button" class="quiet" disabled={index.value === 0} onClick={() => (index.value -= 1)} aria-label={words.earlierAttempt}>
        <LeftIcon />
      </button>
      <span>{words.attempt(index.value + 1, count)}</span>
      <button type="button" class="quiet" disabled={index.value === count - 1} onClick={() => (index.value += 1)} aria-label={words.laterAttempt}>
        <RightIcon />
      </button>
    </div>
  )
}
