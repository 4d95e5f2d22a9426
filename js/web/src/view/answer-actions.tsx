/** What can be done with an answer once it is there. */

import type { Signal } from '@preact/signals'

import type { Answer } from '../state/answer.ts'
import type { OpenChat } from '../state/chat.ts'
import type { Exchange } from '../state/exchange.ts'
import { copiedAnswer, plainAnswer } from '../state/copied-answer.ts'
import { attempt } from '../state/notices.ts'
import { usage } from '../state/settings.ts'
import { words } from '../words.ts'
import { Branches } from './branches.tsx'
import { chatItems } from './chat-menu.ts'
import { copyText } from './clipboard.ts'
import { CopyButton } from './copy-button.tsx'
import { FeedbackButtons } from './feedback.tsx'
import { InfoIcon, RetryIcon } from './icons.tsx'
import { Menu } from './menu.tsx'

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

function More({ chatId, answer }: { chatId: string; answer: Answer }) {
  const plain = { label: words.copyPlain, act: () => void attempt(copyText(plainAnswer(answer))) }
  return <Menu label={words.more} items={[...(answer.text ? [plain] : []), ...chatItems(chatId)]} />
}
