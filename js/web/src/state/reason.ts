/** Why something failed, in the visitor's language. */

import { ChatError, isChatError, type Failure } from '@rivulet/client'

import { language, words } from '../words.ts'

/** The server's own sentence says more, but only in English; elsewhere it is said by its code, if there are words. */
export function reasonOf({ code, message }: { readonly code: string; readonly message: string }): string {
  if (language.value === 'en') return message
  return (words.failures as Record<string, string>)[code] ?? message
}

/** The same for whatever was thrown. */
export function messageOf(failure: unknown): string {
  if (isChatError(failure)) return reasonOf(failure)
  return failure instanceof Error && failure.message ? failure.message : words.unexpected
}

/** Whatever was thrown, as an answer keeps what ended it. */
export function failureOf(problem: unknown): Failure {
  if (!(problem instanceof ChatError)) return { code: 'page', message: words.unexpected, retryable: true }
  return { code: problem.code, message: problem.message, retryable: problem.retryable }
}
