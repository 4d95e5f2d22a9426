/** Makes the nodes that are there look like new ones, touching only what differs: what people have selected,
 * focused or scrolled stays as it is. */

/** A node with this attribute belongs to whoever uses it, such as a button that says "Copied". */
const OWN = 'data-own'
/** Coloured code, typeset formulas, images that were asked for: theirs as long as the source is the same. */
export const DONE = 'data-done'

/** `old` becomes equal to `next`, or is replaced by it. Gives the node that is in the document then. */
export function patch(old: Node, next: Node): Node {
  if (old instanceof Text && next instanceof Text) {
    patchText(old, next.data)
    return old
  }
  if (!(old instanceof Element && next instanceof Element) || old.tagName !== next.tagName) {
    old.parentNode?.replaceChild(next, old)
    return next
  }
  if (isKept(old, next)) return old
  patchAttributes(old, next)
  patchChildren(old, next)
  return old
}

function patchChildren(old: Element, next: Element): void {
  const children = [...next.childNodes]
  let present = old.firstChild
  for (const child of children) {
    const after: ChildNode | null = present?.nextSibling ?? null
    if (present) patch(present, child)
    else old.append(child)
    present = after
  }
  while (old.childNodes.length > children.length) old.lastChild?.remove()
}

function isKept(old: Element, next: Element): boolean {
  return old.hasAttribute(OWN) || (old.hasAttribute(DONE) && sourceOf(old) === sourceOf(next))
}

const sourceOf = (element: Element) => element.getAttribute('data-tex') ?? element.getAttribute('data-src') ?? element.textContent

function patchText(old: Text, data: string): void {
  if (data === old.data) return
  if (data.startsWith(old.data)) old.appendData(data.slice(old.length))
  else old.data = data
}

function patchAttributes(old: Element, next: Element): void {
  for (const { name } of [...old.attributes]) if (!next.hasAttribute(name)) old.removeAttribute(name)
  // Whoever has wrapped the lines of a code card keeps them so.
  const isCard = old.matches('figure.code') && next.matches('figure.code')
  for (const { name, value } of next.attributes) {
    if (old.getAttribute(name) === value || (isCard && name === 'class')) continue
    // The page's policy refuses a style that is set as an attribute, not one that is set as a property.
    if (name === 'style') (old as HTMLElement).style.cssText = value
    else old.setAttribute(name, value)
  }
}
