/** Elements without HTML strings: names, attributes, children. */

type Attributes = Record<string, string | boolean | undefined | ((event: never) => void)>

/** `on…` attributes are listeners; true and false set and leave away. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener)
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children)
  return element
}

const SVG = 'http://www.w3.org/2000/svg'

/** A drawing of one path in a square of 20. */
export function icon(path: string): SVGElement {
  const drawing = document.createElementNS(SVG, 'svg')
  const line = document.createElementNS(SVG, 'path')
  drawing.setAttribute('viewBox', '0 0 20 20')
  drawing.setAttribute('aria-hidden', 'true')
  line.setAttribute('d', path)
  drawing.append(line)
  return drawing
}

export function styled(root: ShadowRoot, css: string): void {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet]
}
