/** What went wrong, in words, with what somebody needs who shall help, and a way to try again. */

import type { Failure } from '@rivulet/client'

import type { Answer } from '../state/answer.ts'
import { reasonOf } from '../state/reason.ts'
import { words } from '../words.ts'
import { CopyButton } from './copy-button.tsx'
import { RetryIcon, WarningIcon } from './icons.tsx'

interface Props {
  answer: Answer
  failure: Failure
  retry: (() => void) | undefined
  /** For a question that the server never had. */
  discard: (() => void) | undefined
}

export function FailureCard({ answer, failure, retry, discard }: Props) {
  const facts = [
    [words.code, failure.code],
    [words.request, answer.requestId],
    [words.turn, answer.requestId ? undefined : answer.turnId],
  ].filter(([, value]) => value)
  const report = () => [failure.message, ...facts.map((fact) => fact.join(': '))].join('\n')
  return (
    <section class="failure" role="alert">
      <WarningIcon />
      <div>
        <h3>{answer.turnId ? words.failed : words.notSent}</h3>
        <p>{reasonOf(failure)}</p>
        <p class="facts">{facts.map(([name, value]) => <span key={name}>{name} <code>{value}</code></span>)}</p>
        <div class="actions">
          {retry && <button type="button" class="primary" onClick={retry}><RetryIcon /><span>{words.retry}</span></button>}
          {discard && <button type="button" class="quiet" onClick={discard}>{words.discard}</button>}
          <CopyButton text={report} label={words.copyDetails} />
        </div>
      </div>
    </section>
  )
}
