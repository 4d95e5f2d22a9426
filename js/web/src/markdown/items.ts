/** The items of a list, or the rows of a table, by number: a long list stands in parts, so that what is out of
 * sight is not laid out again with every letter. The parts follow from the items' numbers alone. */

import { element } from './element.ts'
import { patch } from './patch.ts'

/** A screen of short items, and still few parts for whoever has them read aloud. */
const PART = 50

/** A list's items in their parts. */
export function listParts(name: 'ul' | 'ol', attributes: Record<string, string>, items: readonly Element[]): HTMLElement {
  const start = Number(attributes['start'] ?? 1)
  const box = element('div', { class: 'list' }, [element(name, attributes, [])])
  items.forEach((item, i) => partOf(box, Math.floor(i / PART), start).append(item))
  return box
}

function partOf(box: Element, number: number, start: number): Element {
  const present = box.children[number]
  if (present) return present
  const part = box.firstElementChild?.cloneNode() as Element
  if (part.tagName === 'OL') part.setAttribute('start', String(start + number * PART))
  box.append(part)
  return part
}

/** All items of a block that grows by them; null for every other block. */
export function itemsOf(block: Element): Element[] | null {
  const holders = block.matches('.list') ? [...block.children] : [...block.querySelectorAll(':scope > table > tbody')]
  return holders.length || block.matches('.table') ? holders.flatMap((one) => [...one.children]) : null
}

/** The items of `block` after the first `from` become those of `next`. */
export function patchItems(block: Element, next: Element, from: number): void {
  const items = itemsOf(next) ?? []
  if (block.matches('.table')) return patchRows(block, items, from)
  const first = block.firstElementChild as HTMLOListElement
  const start = first.tagName === 'OL' ? first.start : 1
  items.forEach((item, i) => {
    const part = partOf(block, Math.floor((from + i) / PART), start)
    put(part, (from + i) % PART, item)
  })
  const count = from + items.length
  while (block.children.length > Math.max(1, Math.ceil(count / PART))) block.lastElementChild?.remove()
  const last = block.lastElementChild as Element
  while (last.children.length > count - (block.children.length - 1) * PART) last.lastElementChild?.remove()
}

function patchRows(block: Element, rows: readonly Element[], from: number): void {
  const table = block.firstElementChild as Element
  const body = table.querySelector(':scope > tbody') ?? table.appendChild(element('tbody'))
  rows.forEach((row, i) => put(body, from + i, row))
  while (body.children.length > from + rows.length) body.lastElementChild?.remove()
}

function put(holder: Element, at: number, item: Element): void {
  const present = holder.children[at]
  if (present) patch(present, item)
  else holder.append(item)
}
