/** The Preview button on the card of a fence that holds a page or a drawing. */

import { artifactOf, isSame, versionsOf } from '../state/artifacts.ts'
import { openChat } from '../state/open-chat.ts'
import { openPanel } from '../state/panel.ts'
import { sharedId } from '../state/shared.ts'
import { words } from '../words.ts'

/** Puts the button on a finished card, when there is something to look at. Who reads under a link reads. */
export function offerPreview(node: Element, isSettled = true): void {
  if (!isSettled || sharedId) return
  const cards = node.matches('figure.code') ? [node] : node.querySelectorAll('figure.code')
  for (const card of cards) {
    const caption = card.querySelector('figcaption')
    if (!caption || caption.querySelector('[data-preview]') || !artifactIn(card)) continue
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'quiet preview'
    button.dataset['own'] = ''
    button.dataset['preview'] = ''
    button.textContent = words.preview
    button.addEventListener('click', () => show(card))
    caption.firstElementChild?.after(button)
  }
}

function show(card: Element): void {
  const artifact = artifactIn(card)
  if (!artifact) return
  const versions = versionsOf(openChat.peek(), artifact)
  openPanel({ kind: 'artifact', versions, index: versions.findIndex((one) => isSame(one, artifact)) })
}

function artifactIn(card: Element) {
  const code = card.querySelector('code')
  const turnId = card.closest<HTMLElement>('[data-turn]')?.dataset['turn'] ?? ''
  const language = code?.dataset['language'] ?? card.querySelector('figcaption span')?.textContent ?? ''
  return artifactOf(language, code?.textContent ?? '', turnId)
}
