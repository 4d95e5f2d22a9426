/** Thumbs for an answer; after one of them, why, for those who like to say. */

import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'

import type { Answer } from '../state/answer.ts'
import { rate, REASONS, takeBack, type Rating } from '../state/feedback.ts'
import { announce, attempt } from '../state/notices.ts'
import { words } from '../words.ts'
import { CloseIcon, ThumbDownIcon, ThumbUpIcon } from './icons.tsx'

export function FeedbackButtons({ answer }: { answer: Answer }) {
  const given = answer.feedback.value?.rating
  const isAsking = useSignal(false)
  const form = useRef<HTMLFormElement>(null)
  const press = (rating: Rating) => {
    const isSame = given === rating
    isAsking.value = !isSame
    void attempt(isSame ? takeBack(answer) : rate(answer, { rating }).then(() => announce(words.thanks)))
  }
  const thumb = (rating: Rating, label: string, Icon: typeof ThumbUpIcon) => (
    <button type="button" class="quiet small" aria-pressed={given === rating} aria-label={label} title={label} onClick={() => press(rating)}>
      <Icon />
    </button>
  )
  return (
    <>
      {thumb('up', words.good, ThumbUpIcon)}
      {thumb('down', words.bad, ThumbDownIcon)}
      {isAsking.value && given && <Why key={given} answer={answer} rating={given} form={form} close={() => (isAsking.value = false)} />}
    </>
  )
}

interface WhyProps {
  answer: Answer
  rating: Rating
  form: { current: HTMLFormElement | null }
  close: () => void
}

function Why({ answer, rating, form, close }: WhyProps) {
  const comment = useSignal('')
  const reason = useSignal<string | undefined>(undefined)
  const send = (event: Event) => {
    event.preventDefault()
    const said = comment.value.trim()
    void attempt(rate(answer, { rating, ...(reason.value && { reason: reason.value }), ...(said && { comment: said }) }))
    close()
  }
  return (
    <form class="why" ref={form} onSubmit={send} aria-label={words.whyRating[rating]}>
      <p class="why-head">
        <span>{words.whyRating[rating]}</span>
        <button type="button" class="quiet small" onClick={close} aria-label={words.close}><CloseIcon /></button>
      </p>
      <div class="reasons">
        {REASONS[rating].map((one) => (
          <button type="button" key={one} class="reason" aria-pressed={reason.value === one}
            onClick={() => (reason.value = reason.value === one ? undefined : one)}>
            {words.reasons[one]}
          </button>
        ))}
      </div>
      <textarea rows={2} dir="auto" maxLength={4000} value={comment.value} placeholder={words.comment} aria-label={words.comment}
        onInput={(event) => (comment.value = event.currentTarget.value)} />
      <div class="buttons"><button type="submit" class="primary">{words.sendFeedback}</button></div>
    </form>
  )
}
