/** Makes the nodes that are there look like new ones, touching only what differs: what people have selected,
 * focused or scrolled stays as it is. */

/** A node with this attribute keeps its own inside, such as a button that says "Copied". */
const OWN = 'data-copy'

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
  patchAttributes(old, next)
  if (!old.hasAttribute(OWN)) patchChildren(old, next)
  return old
}

function patchText(old: Text, data: string): void {
  if (data === old.data) return
  if (data.startsWith(old.data)) old.appendData(data.slice(old.length))
  else old.data = data
}

function patchAttributes(old: Element, next: Element): void {
  for (const { name } of [...old.attributes]) if (!next.hasAttribute(name)) old.removeAttribute(name)
  for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value)
}

function patchChildren(old: Element, next: Element): void {
  const children = [...next.childNodes]
  children.forEach((child, i) => {
    const present = old.childNodes[i]
    if (present) patch(present, child)
    else old.appendChild(child)
  })
  while (old.childNodes.length > children.length) old.lastChild?.remove()
}
