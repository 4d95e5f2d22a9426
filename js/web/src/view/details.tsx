/** What an answer cost and where its time went, asked for only when somebody looks. */

import { useSignal, type Signal } from '@preact/signals'
import type { TurnState } from '@rivulet/client'
import { useEffect } from 'preact/hooks'

import type { Answer } from '../state/answer.ts'
import { attempt } from '../state/notices.ts'
import { server } from '../state/server.ts'
import { words } from '../words.ts'

export function DetailsButton({ isOpen }: { isOpen: Signal<boolean> }) {
  return (
    <button type="button" class="quiet" aria-expanded={isOpen.value} onClick={() => (isOpen.value = !isOpen.value)}>
      <span>{words.details}</span>
    </button>
  )
}

export function Details({ answer }: { answer: Answer }) {
  const turn = useSignal<TurnState | null>(null)
  useEffect(() => void attempt(server.turns.get(answer.turnId).then((found) => (turn.value = found))), [answer])
  const stages = turn.value?.stages.map((one): [string, string] => [
    words.stages[one.stage] ?? one.stage, words.say.duration(one.duration_ms ?? 0),
  ])
  return (
    <dl class="details">
      {[...factsOf(answer, turn.value), ...(stages ?? [])].map(([name, value]) => (
        <div key={name}><dt>{name}</dt><dd>{value}</dd></div>
      ))}
    </dl>
  )
}

function factsOf(answer: Answer, turn: TurnState | null): [string, string][] {
  const { total_tokens: tokens, estimated } = answer.usage.value ?? {}
  const timing = answer.timing.value
  const first = timing?.time_to_first_token_ms
  const facts: [string, string | undefined][] = [
    [words.model, answer.model.value],
    [words.facts.duration, timing ? words.say.duration(timing.duration_ms) : undefined],
    [words.facts.firstWord, first == null ? undefined : words.say.duration(first)],
    [words.facts.tokens, tokens ? `${estimated ? '≈ ' : ''}${words.say.number(tokens)}` : undefined],
    [words.facts.support, supportOf(turn)],
    [words.turn, answer.turnId],
  ]
  return facts.filter((fact): fact is [string, string] => Boolean(fact[1]))
}

/** How much of the answer its sources bear out, when the server could say. */
function supportOf(turn: TurnState | null): string | undefined {
  const grounding = turn?.data.find(({ name }) => name === 'grounding')?.data as { confidence?: number | null } | undefined
  return grounding?.confidence == null ? undefined : words.say.percent(grounding.confidence)
}
