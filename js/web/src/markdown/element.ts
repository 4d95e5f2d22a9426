/** Elements without HTML strings: a name, its attributes, what is inside. */

export function element(name: string, attributes: Record<string, string> = {}, children: (Node | string)[] = []): HTMLElement {
  const made = document.createElement(name)
  for (const key in attributes) made.setAttribute(key, attributes[key] as string)
  if (children.length) made.append(...children)
  return made
}
