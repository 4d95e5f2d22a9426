/** What a shared link shows: the conversation as it was, its citations and sources, and nothing to press besides. */

import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect } from 'preact/hooks'

import type { Answer } from '../state/answer.ts'
import { closePanel, panel } from '../state/panel.ts'
import { readShared, type NotShared, type SharedChat } from '../state/shared.ts'
import { words } from '../words.ts'
import { CitationCard } from './citation-card.tsx'
import { Drawer } from './drawer.tsx'
import { AnswerText } from './markdown.tsx'
import { Mark } from './mark.tsx'
import { noteOf } from './note.ts'
import { QuestionText } from './question-text.tsx'
import { Sources } from './sources.tsx'

export function ShareView({ id }: { id: string }) {
  const found = useSignal<SharedChat | NotShared | null>(null)
  const look = () => void readShared(id).then((chat) => (found.value = chat))
  useEffect(look, [id])
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => event.key === 'Escape' && closePanel()
    addEventListener('keydown', pressed)
    return () => removeEventListener('keydown', pressed)
  }, [])
  const chat = found.value
  useEffect(() => {
    document.title = chat && typeof chat === 'object' ? `${chat.title} – ${words.product}` : words.product
  }, [chat])
  return (
    <div class="app share-page" data-folded="true" data-drawer={panel.value ? 'open' : 'closed'}>
      <main class="main">
        <div class="transcript" tabIndex={0}>
          <div class="column">
            {chat && typeof chat === 'object' ? <Conversation chat={chat} /> : chat && <Missing why={chat} again={look} />}
          </div>
        </div>
      </main>
      <Drawer />
      <CitationCard />
    </div>
  )
}

function Conversation({ chat }: { chat: SharedChat }) {
  return (
    <>
      <header class="share-head">
        <Mark size={32} />
        <h1 dir="auto">{chat.title}</h1>
        <p>{words.sharedOn(chat.sharedAt)}</p>
      </header>
      {chat.exchanges.map(({ question, answer }, i) => (
        <article class="exchange" key={i}>
          <div class="asked">
            <span class="off-screen">{words.asked}: </span>
            <QuestionText question={question} />
          </div>
          {answer && <SharedAnswer answer={answer} />}
        </article>
      ))}
      <p class="share-foot">{words.sharedFoot}</p>
    </>
  )
}

function SharedAnswer({ answer }: { answer: Answer }) {
  const note = answer.status.value === 'failed' ? words.failed : noteOf(answer)
  return (
    <div class="answer" data-phase="finished">
      <AnswerText answer={answer} />
      {note && <p class="note">{note}</p>}
      {answer.text && <Sources answer={answer} />}
    </div>
  )
}

function Missing({ why, again }: { why: NotShared; again: () => void }) {
  return (
    <div class="welcome" role="alert">
      <Mark size={52} />
      <h2>{words.notShared[why]}</h2>
      <p>{words.notSharedBody[why]}</p>
      {why !== 'gone' && <button type="button" class="primary" onClick={again}>{words.retry}</button>}
    </div>
  )
}
