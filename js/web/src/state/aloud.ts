/** Answers read aloud by the browser: one at a time, until its end, a second press, or another chat. */

import { effect, signal } from '@preact/signals'

import type { Answer } from './answer.ts'
import { openChat } from './open-chat.ts'

/** The answer that is being read. */
export const spoken = signal<Answer | null>(null)

/** Some browsers have no voice. */
export const canSpeak = 'speechSynthesis' in window

/** Reads the parts one after the other; as one long text some voices fall silent after a quarter of a minute. */
export function readAloud(answer: Answer, parts: readonly string[]): void {
  stopReading()
  if (!parts.length) return
  spoken.value = answer
  parts.forEach((part, i) => {
    const said = new SpeechSynthesisUtterance(part)
    const end = () => {
      if (spoken.peek() === answer) spoken.value = null
    }
    if (i === parts.length - 1) said.onend = end
    said.onerror = end
    speechSynthesis.speak(said)
  })
}

export function stopReading(): void {
  if (!spoken.peek()) return
  spoken.value = null
  speechSynthesis.cancel()
}

// A voice would outlive the chat, and in some browsers the page.
addEventListener('pagehide', stopReading)
effect(() => {
  void openChat.value
  stopReading()
})
