/** What an answer cost and where its time went. */

import { useEffect } from 'preact/hooks'

import type { Answer } from '../state/answer.ts'
import { words } from '../words.ts'
import { recall } from './trace.tsx'

/** Fewer tokens than this say nothing about speed. */
const FEW = 10

export function UsageStrip({ answer }: { answer: Answer }) {
  useEffect(() => void recall(answer), [answer])
  return (
    <dl class="usage">
      {factsOf(answer).map(([name, value]) => (
        <div key={name}><dt>{name}</dt><dd dir="auto">{value}</dd></div>
      ))}
    </dl>
  )
}

function factsOf(answer: Answer): [string, string][] {
  const { say, facts } = words
  const { input_tokens: read, output_tokens: written, estimated, cost } = answer.usage.value ?? {}
  const { duration_ms: took, time_to_first_token_ms: first } = answer.timing.value ?? {}
  const about = estimated ? '≈ ' : ''
  const found: [string, string | undefined][] = [
    [facts.firstWord, first == null ? undefined : say.duration(first)],
    [facts.speed, speedOf(answer)],
    [facts.tokens, read || written ? `${about}${facts.tokensOf(read ?? 0, written ?? 0)}` : undefined],
    [facts.cost, cost ? say.money(cost.amount, cost.currency) : undefined],
    [facts.duration, took == null ? undefined : say.duration(took)],
    [words.model, answer.model.value],
    [facts.support, supportOf(answer)],
    [words.turn, answer.turnId],
  ]
  return found.filter((fact): fact is [string, string] => Boolean(fact[1]))
}

/** From the first token to the end: waiting for it says something else. */
function speedOf(answer: Answer): string | undefined {
  const tokens = answer.usage.value?.output_tokens ?? 0
  const { duration_ms: took = 0, time_to_first_token_ms: first } = answer.timing.value ?? {}
  if (tokens < FEW || first == null || took <= first) return undefined
  return words.facts.perSecond(Math.round((tokens * 1000) / (took - first)))
}

/** How much of the answer its sources bear out, when the server could say. */
function supportOf(answer: Answer): string | undefined {
  const confidence = answer.turn.value?.confidence
  return confidence == null ? undefined : words.say.percent(confidence)
}
