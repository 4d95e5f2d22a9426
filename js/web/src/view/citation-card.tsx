/** The card that shows at a chip while it is pointed at or has the focus: which document, and what it says there. */

import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'

import { runsOf } from '../markdown/written.ts'
import type { Reference } from '../state/references.ts'
import { headingsOf } from '../state/source-name.ts'
import { words } from '../words.ts'
import { referenceOf } from './citation.ts'
import { isUnsupported, Support } from './support.tsx'
import { Written } from './written.tsx'

/** Long enough not to show for a pointer that only passes, short enough to feel like an answer. */
const SHOW_MS = 120
/** Time to move from the chip onto the card. */
const LEAVE_MS = 200
const SNIPPET = 260

interface Shown {
  chip: HTMLElement
  reference: Reference
}

export function CitationCard() {
  const shown = useSignal<Shown | null>(null)
  useLayoutEffect(() => {
    let timer: number | undefined
    /** The chip whose card was asked for last. */
    let meant: HTMLElement | undefined
    /** Where the pointer last pressed: what comes to be under it there was not pointed at. */
    let pressed = ''
    const later = (ms: number, next: Shown | null) => {
      clearTimeout(timer)
      meant = next?.chip ?? meant
      timer = window.setTimeout(() => (shown.value = next), ms)
    }
    const enter = (event: Event) => {
      const target = event.target instanceof Element ? event.target : null
      if (target?.closest('.citation-card')) return clearTimeout(timer)
      const chip = target?.closest<HTMLElement>('.chip[data-n]')
      const isMeant = !(event instanceof PointerEvent) || (event.pointerType !== 'touch' && pressed !== placeOf(event))
      const reference = chip && isMeant && referenceOf(chip)
      if (chip && reference) later(event.type === 'focusin' ? 0 : SHOW_MS, { chip, reference })
      // What the focus brought stays with it: the pointer may be said to be elsewhere only because the page moved.
      else if (event.type === 'pointerover' && meant?.matches(':focus-visible')) return
      else if (shown.value) later(LEAVE_MS, null)
      else clearTimeout(timer)
    }
    const hide = () => {
      clearTimeout(timer)
      shown.value = null
    }
    const press = (event: MouseEvent) => {
      pressed = placeOf(event)
      hide()
    }
    // Esc takes the card away first, wherever the pointer is; only then does it mean anything else.
    const keyed = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || !shown.value) return
      shown.value = null
      event.stopPropagation()
    }
    document.addEventListener('pointerover', enter)
    document.addEventListener('focusin', enter)
    document.addEventListener('click', press)
    document.addEventListener('scroll', hide, { capture: true, passive: true })
    document.addEventListener('keydown', keyed, { capture: true })
    return () => {
      clearTimeout(timer)
      document.removeEventListener('pointerover', enter)
      document.removeEventListener('focusin', enter)
      document.removeEventListener('click', press)
      document.removeEventListener('scroll', hide, { capture: true })
      document.removeEventListener('keydown', keyed, { capture: true })
    }
  }, [])
  return shown.value && <Card key={shown.value.reference.citation?.seq} {...shown.value} />
}

function Card({ chip, reference }: Shown) {
  const card = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => place(card.current as HTMLElement, chip), [chip])
  const { passage, citation } = reference
  const heading = headingsOf(passage).at(-1)
  const snippet = citation?.quote || passage.text.trim()
  return (
    <div class="citation-card" ref={card} role="tooltip">
      <p class="citation-title"><b>{passage.n}</b><span dir="auto">{passage.title}</span></p>
      <p class={isUnsupported(citation) ? 'citation-quote unsupported' : 'citation-quote'} dir="auto">
        <Written text={snippet} runs={runsOf(snippet, passage.media_type, false)} isPlain to={Math.min(SNIPPET, snippet.length)} />
        {snippet.length > SNIPPET && '…'}
      </p>
      <p class="citation-foot">
        {heading && <span dir="auto">{heading}</span>}
        {passage.page != null && <span>{words.page(passage.page)}</span>}
        {citation?.support != null && <Support share={citation.support} />}
      </p>
    </div>
  )
}

/** In whole pixels: a click has no others, the pointer has. */
const placeOf = ({ clientX, clientY }: MouseEvent) => `${Math.floor(clientX)} ${Math.floor(clientY)}`

/** Above the chip where there is room, else below; never outside the window. */
function place(card: HTMLElement, chip: HTMLElement): void {
  const GAP = 8
  const at = chip.getBoundingClientRect()
  const { width, height } = card.getBoundingClientRect()
  const left = Math.min(Math.max(GAP, at.left + at.width / 2 - width / 2), innerWidth - width - GAP)
  const above = at.top - height - GAP
  card.style.left = `${left}px`
  card.style.top = `${above >= GAP ? above : at.bottom + GAP}px`
}
