/** Questions that wait for the answer before: shown above the composer, changed or taken away with a press. */

import type { OpenChat } from '../state/chat.ts'
import { words } from '../words.ts'
import { CloseIcon, PencilIcon, SendIcon } from './icons.tsx'

export function QueueChips({ chat, edit }: { chat: OpenChat; edit: (question: string) => void }) {
  const { queue } = chat
  const waiting = queue.waiting.value
  if (!waiting.length) return null
  // While an answer is written there is nothing to decide.
  const isHeld = queue.isHeld.value && chat.running.value === null
  return (
    <section class="queue" data-held={isHeld} aria-label={words.queue}>
      {isHeld && (
        <div class="queue-held" role="status">
          <p>{words.queueHeld(waiting.length)}</p>
          <button type="button" class="quiet strong" onClick={() => chat.goOn()}><SendIcon /><span>{words.queueGoOn}</span></button>
        </div>
      )}
      <ul>
        {waiting.map(({ key, question }, i) => (
          <li class="queued" key={key}>
            <span class="queue-place" aria-hidden="true">{words.say.number(i + 1)}</span>
            <span class="queued-text" dir="auto">{question}</span>
            <button type="button" class="quiet small" aria-label={words.queueEdit(question)} title={words.edit}
              onClick={() => edit(queue.remove(key) ?? '')}><PencilIcon /></button>
            <button type="button" class="quiet small" aria-label={words.queueRemove(question)} title={words.remove}
              onClick={() => queue.remove(key)}><CloseIcon /></button>
          </li>
        ))}
      </ul>
    </section>
  )
}
