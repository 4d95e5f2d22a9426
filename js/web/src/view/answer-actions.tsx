/** What can be done with an answer once it is there. */

import type { Signal } from '@preact/signals'

import { canSpeak, readAloud, spoken, stopReading } from '../state/aloud.ts'
import type { Answer } from '../state/answer.ts'
import type { OpenChat } from '../state/chat.ts'
import type { Exchange } from '../state/exchange.ts'
import { copiedAnswer, plainAnswer } from '../state/copied-answer.ts'
import { answeringModel } from '../state/models.ts'
import { attempt } from '../state/notices.ts'
import { usage } from '../state/settings.ts'
import { words } from '../words.ts'
import { Branches } from './branches.tsx'
import { chatItems } from './chat-menu.ts'
import { copyText } from './clipboard.ts'
import { CopyButton } from './copy-button.tsx'
import { FeedbackButtons } from './feedback.tsx'
import { InfoIcon, RetryIcon } from './icons.tsx'
import { Menu, type MenuItem } from './menu.tsx'
import { spokenParts } from './spoken.ts'

interface Props {
  chat: OpenChat
  exchange: Exchange
  answer: Answer
  isUsageOpen: Signal<boolean>
}

export function AnswerActions({ chat, exchange, answer, isUsageOpen }: Props) {
  const isFree = chat.running.value === null
  const isAnswer = answer.text !== ''
  return (
    <div class="actions">
      {isFree && canGoOn(chat, exchange, answer) && (
        <button type="button" class="quiet continue" onClick={() => void chat.put(words.continueQuestion)}>{words.continueAnswer}</button>
      )}
      {isAnswer && <CopyButton text={() => copiedAnswer(answer)} label={words.copyAnswer} isSmall />}
      {isFree && exchange.turnId && !answer.failure.value && (
        <button type="button" class="quiet small" onClick={() => void chat.retry(exchange)} aria-label={words.askAgain} title={words.askAgain}>
          <RetryIcon />
        </button>
      )}
      {isAnswer && <FeedbackButtons answer={answer} />}
      {answer.turnId && usage.value === 'asked' && (
        <button type="button" class="quiet small" aria-expanded={isUsageOpen.value} aria-label={words.details} title={words.details}
          onClick={() => (isUsageOpen.value = !isUsageOpen.value)}>
          <InfoIcon />
        </button>
      )}
      {answer.turnId && chat.id && <More chatId={chat.id} answer={answer} />}
      <Branches chat={chat} turns={exchange.retries.value} current={answer.turnId} of="answer" />
    </div>
  )
}

/** What was cut off can go on, at the end of the chat, and only by a model that writes: quotations have no next word. */
function canGoOn(chat: OpenChat, exchange: Exchange, answer: Answer): boolean {
  const isCut = answer.text !== '' && answer.status.value !== 'completed'
  return isCut && chat.exchanges.all.value.at(-1) === exchange && (answeringModel.value ?? answer.model.value) !== 'extractive'
}

function More({ chatId, answer }: { chatId: string; answer: Answer }) {
  const plain = { label: words.copyPlain, act: () => void attempt(copyText(plainAnswer(answer))) }
  const own = answer.text ? [plain, ...(canSpeak ? [aloud(answer)] : [])] : []
  return <Menu label={words.more} items={[...own, ...chatItems(chatId)]} />
}

function aloud(answer: Answer): MenuItem {
  if (spoken.value === answer) return { label: words.stopReading, act: stopReading }
  return { label: words.readAloud, act: () => readAloud(answer, spokenParts(answer.turnId)) }
}
