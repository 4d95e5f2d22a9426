/** A button that deletes on the second press; the first one asks. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

import { messageOf } from '../state/reason.ts'
import { BinIcon } from './icons.tsx'

/** Long enough to read one word and press again, short enough not to stay armed. */
const ARMED_MS = 4000

export function SureButton({ label, question, act }: { label: string; question: string; act: () => Promise<void> }) {
  const state = useSignal<'idle' | 'armed' | 'busy'>('idle')
  const problem = useSignal<string | null>(null)
  useEffect(() => {
    if (state.value !== 'armed') return
    const timer = setTimeout(() => (state.value = 'idle'), ARMED_MS)
    return () => clearTimeout(timer)
  }, [state.value])
  const press = async (event: Event) => {
    event.preventDefault()
    problem.value = null
    if (state.value === 'idle') {
      state.value = 'armed'
      return
    }
    state.value = 'busy'
    try {
      await act()
    } catch (failure) {
      problem.value = messageOf(failure)
    }
    state.value = 'idle'
  }
  const isArmed = state.value !== 'idle'
  return (
    <>
      <button type="button" class={isArmed ? 'sure armed' : 'sure'} onClick={press} disabled={state.value === 'busy'}
        aria-label={isArmed ? `${question} ${label}` : label} title={label}>
        {isArmed ? <span>{question}</span> : <BinIcon />}
      </button>
      {problem.value && <p class="row-problem" role="alert">{problem.value}</p>}
    </>
  )
}
