/** A row of tabs: one is chosen, arrow keys move between them. */

import type { Signal } from '@preact/signals'

import { words } from '../words.ts'

interface Props<Tab extends string> {
  label: string
  tabs: readonly Tab[]
  names: Record<Tab, string>
  /** How many things there are behind a tab; none is not said. */
  counts: Partial<Record<Tab, number>>
  tab: Signal<Tab>
}

export function Tabs<Tab extends string>({ label, tabs, names, counts, tab }: Props<Tab>) {
  const keyed = (event: KeyboardEvent) => {
    const isMirrored = document.documentElement.dir === 'rtl'
    const step = { ArrowRight: isMirrored ? -1 : 1, ArrowLeft: isMirrored ? 1 : -1 }[event.key]
    if (!step) return
    event.preventDefault()
    const next = tabs[(tabs.indexOf(tab.value) + step + tabs.length) % tabs.length] as Tab
    tab.value = next
    ;(event.currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-tab="${next}"]`)?.focus()
  }
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={keyed}>
      {tabs.map((one) => (
        <button key={one} type="button" role="tab" data-tab={one} aria-selected={tab.value === one} tabIndex={tab.value === one ? 0 : -1}
          aria-controls={tab.value === one ? `tab-${one}` : undefined} onClick={() => (tab.value = one)}>
          {names[one]}{counts[one] ? <span class="tab-count">{words.say.number(counts[one])}</span> : null}
        </button>
      ))}
    </div>
  )
}
