/** What an answer cost and where its time went, asked for only when somebody looks. */

import { useSignal } from '@preact/signals'
import type { TurnState } from '@rivulet/client'

import type { Answer } from '../state/answer.ts'
import { attempt } from '../state/notices.ts'
import { server } from '../state/server.ts'
import { words } from '../words.ts'

export function Details({ answer }: { answer: Answer }) {
  const turn = useSignal<TurnState | null>(null)
  const look = async (event: Event) => {
    if (!(event.currentTarget as HTMLDetailsElement).open || turn.value) return
    await attempt(server.turns.get(answer.turnId).then((found) => (turn.value = found)))
  }
  return (
    <details class="details" onToggle={look}>
      <summary>{words.details}</summary>
      <dl>
        {factsOf(answer, turn.value).map(([name, value]) => (
          <div key={name}><dt>{name}</dt><dd>{value}</dd></div>
        ))}
        {turn.value?.stages.map((stage) => (
          <div key={stage.stage_id}>
            <dt>{words.stages[stage.stage] ?? stage.stage}</dt>
            <dd>{seconds(stage.duration_ms ?? 0)}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

function factsOf(answer: Answer, turn: TurnState | null): [string, string][] {
  const { total_tokens: tokens, estimated } = answer.usage.value ?? {}
  const timing = answer.timing.value
  const first = timing?.time_to_first_token_ms
  const facts: [string, string | undefined][] = [
    [words.model, answer.model.value],
    [words.facts.duration, timing ? seconds(timing.duration_ms) : undefined],
    [words.facts.firstWord, first == null ? undefined : seconds(first)],
    [words.facts.tokens, tokens ? `${estimated ? '≈ ' : ''}${tokens.toLocaleString('en')}` : undefined],
    [words.facts.support, supportOf(turn)],
    [words.turn, answer.turnId],
  ]
  return facts.filter((fact): fact is [string, string] => Boolean(fact[1]))
}

/** How much of the answer its sources bear out, when the server could say. */
function supportOf(turn: TurnState | null): string | undefined {
  const grounding = turn?.data.find(({ name }) => name === 'grounding')?.data as { confidence?: number | null } | undefined
  return grounding?.confidence == null ? undefined : `${Math.round(grounding.confidence * 100)} %`
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
