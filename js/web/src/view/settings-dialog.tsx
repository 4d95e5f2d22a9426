/** How the page looks on this device, and how this person wants answers to come. */

import type { Signal } from '@preact/signals'
import { useId } from 'preact/hooks'

import { openDialog } from '../state/dialog.ts'
import { isWaiting, prefer } from '../state/preferences.ts'
import { density, DENSITIES, STREAMING, streaming, usage, USAGE, WHILE_ANSWERING, whileAnswering } from '../state/settings.ts'
import { theme, THEMES } from '../state/theme.ts'
import { chosenLanguage, language, LANGUAGES, speak, words, type Language } from '../words.ts'
import { attempt } from '../state/notices.ts'
import { KeysIcon } from './icons.tsx'

export function SettingsDialog() {
  const { setting } = words
  return (
    <div class="dialog-body settings-body">
      <section>
        <h3>{setting.looks}</h3>
        <Choice name={setting.theme} values={THEMES} labels={setting.themes} value={theme} />
        <Choice name={setting.density} values={DENSITIES} labels={setting.densities} value={density} />
        <LanguageChoice />
      </section>
      <section>
        <h3>{setting.answers}</h3>
        <Choice name={setting.streaming} note={setting.streamingNote[streaming.value]} values={STREAMING} labels={setting.streamings} value={streaming}
          choose={(word) => prefer('streaming', word)} />
        <Choice name={setting.whileAnswering} note={setting.whileAnsweringNote[whileAnswering.value]} values={WHILE_ANSWERING}
          labels={setting.whileAnswerings} value={whileAnswering} choose={(word) => prefer('while_answering', word)} />
        <Choice name={setting.usage} note={setting.usageNote} values={USAGE} labels={setting.usages} value={usage} choose={(word) => prefer('usage', word)} />
      </section>
      <section>
        <h3>{setting.keyboard}</h3>
        <div class="setting">
          <p>{setting.keyboardNote}</p>
          <button type="button" class="plain-button" onClick={() => openDialog({ kind: 'shortcuts' })}><KeysIcon /><span>{words.shortcuts}</span></button>
        </div>
      </section>
      <p class="muted setting-note" role="status">{isWaiting.value ? setting.unsent : setting.kept}</p>
    </div>
  )
}

interface ChoiceProps<Word extends string> {
  name: string
  note?: string | undefined
  values: readonly Word[]
  labels: Record<Word, string>
  value: Signal<Word>
  /** What choosing does, where the device is not all that remembers it. */
  choose?: (word: Word) => void
}

/** A few words side by side, of which one is chosen: radio buttons in another dress. Not in a fieldset, whose
 * legend WebKit keeps out of the grid. */
function Choice<Word extends string>({ name, note, values, labels, value, choose = (word) => (value.value = word) }: ChoiceProps<Word>) {
  const id = useId()
  return (
    <div class="setting" role="group" aria-labelledby={`${id}-name`} aria-describedby={note ? `${id}-note` : undefined}>
      <span id={`${id}-name`}>{name}</span>
      <div class="segments">
        {values.map((one) => (
          <label key={one} class="segment">
            <input type="radio" name={id} value={one} checked={value.value === one} onChange={() => choose(one)} />
            <span>{labels[one]}</span>
          </label>
        ))}
      </div>
      {note && <p class="muted" id={`${id}-note`}>{note}</p>}
    </div>
  )
}

function LanguageChoice() {
  const id = useId()
  void language.value
  return (
    <div class="setting">
      <label for={id}>{words.setting.language}</label>
      <select id={id} class="field" value={chosenLanguage() ?? 'auto'} onChange={(event) => void attempt(speak(event.currentTarget.value as Language | 'auto'))}>
        <option value="auto">{words.setting.languageAuto}</option>
        {Object.entries(LANGUAGES).map(([code, name]) => <option key={code} value={code} lang={code}>{name}</option>)}
      </select>
    </div>
  )
}
