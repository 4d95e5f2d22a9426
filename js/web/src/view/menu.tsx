/** A button with a menu: arrows, Home, End and letters move in it, Esc and a press elsewhere close it. */

import { useSignal } from '@preact/signals'
import { useId, useRef } from 'preact/hooks'

import { DotsIcon } from './icons.tsx'

export interface MenuItem {
  label: string
  act: () => void
  isGrave?: boolean
}

const MARGIN_PX = 8

export function Menu({ label, items, class: name = 'quiet small' }: { label: string; items: readonly MenuItem[]; class?: string }) {
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const isOpen = useSignal(false)
  const opened = (event: { newState: string }) => {
    isOpen.value = event.newState === 'open'
    if (isOpen.value) place(list.current as HTMLElement, button.current as HTMLElement)
  }
  const open = (at: 0 | -1) => {
    list.current?.showPopover()
    itemsOf(list.current).at(at)?.focus()
  }
  const choose = (item: MenuItem) => {
    list.current?.hidePopover()
    button.current?.focus()
    item.act()
  }
  const moved = (event: KeyboardEvent) => {
    const all = itemsOf(list.current)
    const at = all.indexOf(document.activeElement as HTMLElement)
    const next = target(event.key, at, all)
    if (event.key === 'Tab' || event.key === 'Escape') list.current?.hidePopover()
    if (event.key === 'Escape') button.current?.focus()
    if (next) all.at(next % all.length)?.focus()
    if (next || event.key === 'Escape') event.preventDefault()
    if (event.key === 'Escape') event.stopPropagation()
  }
  return (
    <>
      <button type="button" ref={button} class={name} aria-label={label} title={label} aria-haspopup="menu" aria-expanded={isOpen.value}
        aria-controls={id} popovertarget={id}
        onKeyDown={(event) => event.key === 'ArrowDown' && (event.preventDefault(), open(0))}
        onClick={(event) => event.detail === 0 && (event.preventDefault(), open(0))}>
        <DotsIcon />
      </button>
      <div ref={list} id={id} class="menu" role="menu" aria-label={label} popover="auto" onToggle={opened} onKeyDown={moved}>
        {items.map((item) => (
          <button type="button" role="menuitem" tabIndex={-1} key={item.label} class={item.isGrave ? 'grave' : undefined} onClick={() => choose(item)}>
            {item.label}
          </button>
        ))}
      </div>
    </>
  )
}

const itemsOf = (list: HTMLElement | null) => [...(list?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])]

/** The position to go to, counted so that it is never 0; nothing when the key means nothing here. */
function target(key: string, at: number, all: readonly HTMLElement[]): number | undefined {
  const count = all.length
  if (key === 'ArrowDown') return at + 1 + count
  if (key === 'ArrowUp') return (at < 0 ? count : at) - 1 + count
  if (key === 'Home') return count
  if (key === 'End') return 2 * count - 1
  if (key.length !== 1) return undefined
  const found = all.findIndex((one) => one.textContent?.trim().toLowerCase().startsWith(key.toLowerCase()))
  return found < 0 ? undefined : found + count
}

/** Below the button where there is room, otherwise above it, and inside the window. */
function place(list: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect()
  const { width, height } = list.getBoundingClientRect()
  const isBelow = at.bottom + height + MARGIN_PX < innerHeight || at.top < height + MARGIN_PX
  const isRtl = getComputedStyle(button).direction === 'rtl'
  const left = isRtl ? at.right - width : at.left
  list.style.top = `${Math.max(MARGIN_PX, isBelow ? at.bottom + 4 : at.top - height - 4)}px`
  list.style.left = `${Math.min(Math.max(MARGIN_PX, left), innerWidth - width - MARGIN_PX)}px`
}
