/** ‹2/3›: one of several questions or answers in the same place, and the way to the others. */

import type { OpenChat } from '../state/chat.ts'
import { words } from '../words.ts'
import { LeftIcon, RightIcon } from './icons.tsx'

interface Props {
  chat: OpenChat
  turns: readonly string[]
  current: string
  of: 'question' | 'answer'
}

export function Branches({ chat, turns, current, of }: Props) {
  const at = turns.indexOf(current)
  if (turns.length < 2 || at < 0) return null
  const step = (by: number, label: string, Icon: typeof LeftIcon) => {
    const turn = turns[at + by]
    return (
      <button type="button" class="quiet small" aria-label={label} title={label} aria-disabled={!turn}
        onClick={() => turn && void chat.choose(turn)}>
        <Icon />
      </button>
    )
  }
  const names = words.branches[of]
  return (
    <span class="branches" role="group" aria-label={names.place(at + 1, turns.length)}>
      {step(-1, names.earlier, LeftIcon)}
      <span aria-hidden="true">{words.branch(at + 1, turns.length)}</span>
      {step(1, names.later, RightIcon)}
    </span>
  )
}
