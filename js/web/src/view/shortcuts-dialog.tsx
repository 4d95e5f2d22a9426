/** What the keys do, and other keys for it: press the ones shown, then the new ones. */

import { useSignal } from '@preact/signals'
import { useLayoutEffect } from 'preact/hooks'

import { ACTIONS, areKeysChanged, bind, chordOf, keys, resetKeys, type Action, type Refusal } from '../state/keys.ts'
import { announce } from '../state/notices.ts'
import { words } from '../words.ts'

export function ShortcutsDialog() {
  const asked = useSignal<Action | null>(null)
  const refusal = useSignal<string | null>(null)
  useLayoutEffect(() => {
    const action = asked.value
    if (!action) return
    const pressed = (event: KeyboardEvent) => {
      const chord = chordOf(event)
      if (!chord) return
      event.preventDefault()
      event.stopImmediatePropagation()
      const refused = chord === keys.value[action] ? undefined : bind(action, chord)
      refusal.value = refused ? reasonOf(refused) : null
      if (!refused) {
        asked.value = null
        announce(words.keyChanged(words.actions[action], chord))
      }
    }
    addEventListener('keydown', pressed, true)
    return () => removeEventListener('keydown', pressed, true)
  }, [asked.value])
  const press = (action: Action) => {
    refusal.value = null
    asked.value = asked.value === action ? null : action
  }
  return (
    <div class="dialog-body">
      <p class="muted">{words.shortcutsNote}</p>
      <ul class="shortcuts-list">
        {ACTIONS.map((action) => (
          <li key={action}>
            <span>{words.actions[action]}</span>
            <button type="button" class="chord" aria-pressed={asked.value === action} onClick={() => press(action)}
              aria-label={words.keyOf(words.actions[action], namesOf(keys.value[action]).join('+'))}>
              {asked.value === action ? <span>{words.pressKeys}</span> : <Chord keys={keys.value[action]} isNamed />}
            </button>
            {asked.value === action && refusal.value && <p class="row-problem" role="alert">{refusal.value}</p>}
          </li>
        ))}
        <li><span>{words.sendKey}</span><span class="chord fixed"><Chord keys="Enter" /></span></li>
        <li><span>{words.lineKey}</span><span class="chord fixed"><Chord keys="Shift+Enter" /></span></li>
      </ul>
      {areKeysChanged.value && <button type="button" class="plain-button" onClick={resetKeys}>{words.resetKeys}</button>}
    </div>
  )
}

const IS_MAC = /Mac|iP(hone|ad|od)/.test(navigator.platform)
const MAC_KEYS: Record<string, string> = { Ctrl: '⌘', Alt: '⌥', Shift: '⇧' }

/** As it is written on the keyboard in front of the reader. */
function Chord({ keys: chord, isNamed = false }: { keys: string; isNamed?: boolean }) {
  // Where the button's label says it already, the keys are drawn by the style sheet.
  return <>{namesOf(chord).map((name) => (isNamed ? <kbd key={name} data-text={name} /> : <kbd key={name}>{name}</kbd>))}</>
}

const namesOf = (chord: string) => chord.split(/\+(?=.)/).map(nameOf)

function nameOf(key: string): string {
  if (IS_MAC && MAC_KEYS[key]) return MAC_KEYS[key]
  return key === 'Escape' ? 'Esc' : key
}

function reasonOf(refusal: Refusal): string {
  if (refusal === 'taken') return words.keyTaken
  if (refusal === 'plain') return words.keyPlain
  return words.keyUsed(words.actions[refusal.usedBy])
}
