/** What an answer cost and where its time went, asked for only when somebody looks. */

import { useSignal } from '@preact/signals'
import type { StageFinished } from '@rivulet/client'

import type { Answer } from '../state/answer.ts'
import { server } from '../state/server.ts'
import { words } from '../words.ts'

export function Details({ answer }: { answer: Answer }) {
  const stages = useSignal<readonly StageFinished[] | null>(null)
  const look = async (event: Event) => {
    if (!(event.currentTarget as HTMLDetailsElement).open || stages.value) return
    stages.value = await server.turns.get(answer.turnId).then((turn) => turn.stages, () => [])
  }
  return (
    <details class="details" onToggle={look}>
      <summary>{words.details}</summary>
      <dl>
        {factsOf(answer).map(([name, value]) => (
          <div key={name}><dt>{name}</dt><dd>{value}</dd></div>
        ))}
        {stages.value?.map((stage) => (
          <div key={stage.stage_id}>
            <dt>{words.stages[stage.stage] ?? stage.stage}</dt>
            <dd>{seconds(stage.duration_ms ?? 0)}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

function factsOf(answer: Answer): [string, string][] {
  const { total_tokens: tokens, estimated } = answer.usage.value ?? {}
  const timing = answer.timing.value
  const first = timing?.time_to_first_token_ms
  const facts: [string, string | undefined][] = [
    [words.model, answer.model.value],
    [words.facts.duration, timing ? seconds(timing.duration_ms) : undefined],
    [words.facts.firstWord, first == null ? undefined : seconds(first)],
    [words.facts.tokens, tokens ? `${estimated ? '≈ ' : ''}${tokens.toLocaleString('en')}` : undefined],
    [words.turn, answer.turnId],
  ]
  return facts.filter((fact): fact is [string, string] => Boolean(fact[1]))
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
