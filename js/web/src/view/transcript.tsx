/** The conversation: questions, answers, and a place to start when there are none. */

import { effect, useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'

import type { OpenChat } from '../state/chat.ts'
import type { Exchange } from '../state/exchange.ts'
import { words } from '../words.ts'
import { ExchangeView } from './exchange.tsx'
import { DownIcon } from './icons.tsx'
import { Scroller } from './scroller.ts'
import { Welcome } from './welcome.tsx'

/** What fills a screen and a half; the rest comes when there is nothing better to do. */
const AT_ONCE = 6
const AT_A_TIME = 12

export function Transcript({ chat }: { chat: OpenChat }) {
  const box = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const scroller = useSignal<Scroller | null>(null)
  useLayoutEffect(() => {
    const made = new Scroller(box.current as HTMLElement, content.current as HTMLElement)
    scroller.value = made
    return () => made.dispose()
  }, [])
  const all = chat.exchanges.all.value
  const shown = useShown(chat, all, content, scroller.value)
  const hasEarlier = useLasting(chat.exchanges.earlier.value !== null, shown < all.length)
  useFollowing(chat, scroller.value)
  const isRunning = chat.running.value !== null
  const stay = () => void (isRunning || scroller.value?.rest())
  return (
    <div class="transcript-frame">
      <div class="transcript" ref={box} role="log" aria-label={words.conversation} aria-busy={isRunning} tabIndex={0}
        onPointerDown={stay} onKeyDown={stay}>
        <div class="column" ref={content}>
          {chat.exchanges.problem.value !== null && <LoadProblem chat={chat} problem={chat.exchanges.problem.value} />}
          {all.length === 0 && !chat.id && <Welcome />}
          {all.length === 0 && chat.exchanges.isLoading.value && <Skeleton />}
          {hasEarlier && <Earlier chat={chat} isNext={shown === all.length} box={box} />}
          {all.slice(all.length - shown).map((exchange, i) => (
            <ExchangeView key={exchange.key} chat={chat} exchange={exchange} isLast={i === shown - 1} />
          ))}
        </div>
      </div>
      {scroller.value?.isAway.value && <ToLatest scroller={scroller.value} />}
    </div>
  )
}

/** What was said before comes when somebody scrolls near it, which is when it is the next to be drawn; by keyboard,
 * and after a failure, it is asked for. */
function Earlier({ chat, isNext, box }: { chat: OpenChat; isNext: boolean; box: { current: HTMLElement | null } }) {
  const button = useRef<HTMLButtonElement>(null)
  const before = chat.exchanges.earlier.value
  useEffect(() => {
    if (!isNext) return
    const seen: IntersectionObserverCallback = (entries) => entries.some(({ isIntersecting }) => isIntersecting) && void chat.readEarlier()
    const near = new IntersectionObserver(seen, { root: box.current, rootMargin: '200% 0px 0px' })
    near.observe(button.current as Element)
    return () => near.disconnect()
  }, [chat, before, isNext])
  // When the last of them is there, whoever pressed is in the conversation, not nowhere.
  useLayoutEffect(() => () => void (document.activeElement === button.current && box.current?.focus({ preventScroll: true })), [])
  return (
    <button type="button" class="earlier" ref={button} aria-disabled={chat.exchanges.isReadingEarlier.value} onClick={() => void chat.readEarlier()}>
      {words.earlierMessages}
    </button>
  )
}

function ToLatest({ scroller }: { scroller: Scroller }) {
  const lines = scroller.newLines.value
  return (
    <button type="button" class="latest" onClick={scroller.follow} aria-label={lines > 0 ? `${words.newLines(lines)}. ${words.latestLabel}` : words.latestLabel}>
      <DownIcon /><span>{lines > 0 ? words.newLines(lines) : words.latest}</span>
    </button>
  )
}

function LoadProblem({ chat, problem }: { chat: OpenChat; problem: string }) {
  return (
    <div class="load-problem" role="alert">
      <p>{words.loadFailed(problem)}</p>
      <button type="button" class="quiet" onClick={() => void chat.load()}>{words.retry}</button>
    </div>
  )
}

/** Where the messages will be, for the moment until they are here. */
function Skeleton() {
  return <div class="skeleton" aria-hidden="true"><i /><i /><i /><i /></div>
}

/** How many exchanges are drawn, counted from the last: a few at once, the older ones in idle moments, above the
 * view and without moving it. What was drawn stays drawn. */
function useShown(chat: OpenChat, all: readonly Exchange[], content: { current: HTMLElement | null }, scroller: Scroller | null): number {
  const drawn = useRef<{ chat: OpenChat; count: number; first: Exchange | undefined }>({ chat, count: 0, first: undefined })
  if (drawn.current.chat !== chat) drawn.current = { chat, count: 0, first: undefined }
  const state = drawn.current
  const again = useSignal(0)
  void again.value
  const at = state.first ? all.indexOf(state.first) : -1
  const shown = at < 0 ? Math.min(all.length, Math.max(AT_ONCE, state.count)) : all.length - at
  const draw = (count: number) => Object.assign(state, { count, first: all[all.length - count] })
  draw(shown)
  const place = useRef<{ anchor: Element; top: number } | null>(null)
  useLayoutEffect(() => {
    if (place.current) scroller?.restore(place.current.anchor, place.current.top)
    place.current = null
  }, [shown])
  useEffect(() => {
    if (shown >= all.length) return
    return whenIdle(() => {
      const anchor = content.current?.querySelector('.exchange')
      place.current = anchor ? { anchor, top: anchor.getBoundingClientRect().top } : null
      draw(Math.min(all.length, shown + AT_A_TIME))
      again.value += 1
    })
  }, [chat, shown, all])
  return shown
}

/** Whether it is so, or was so and something is still to come: what goes away above the view goes with what is put in
 * its place. */
function useLasting(isSo: boolean, isMoreToCome: boolean): boolean {
  const was = useRef(false)
  was.current = isSo || (was.current && isMoreToCome)
  return was.current
}

/** Safari has no idle moments; a pause will do. */
function whenIdle(work: () => void): () => void {
  if (typeof requestIdleCallback !== 'function') {
    const timer = setTimeout(work, 50)
    return () => clearTimeout(timer)
  }
  const asked = requestIdleCallback(work, { timeout: 1000 })
  return () => cancelIdleCallback(asked)
}

/** A new question goes to the top of the view and what is written is followed; the end of it moves nothing. */
function useFollowing(chat: OpenChat, scroller: Scroller | null): void {
  const begun = chat.begun.value
  useLayoutEffect(() => scroller?.follow(), [chat, scroller, begun, begun?.answer.value])
  useEffect(() => {
    let wasRunning = false
    return effect(() => {
      // The answer's own end, not the chat's: its sources are laid out a moment before the chat is free again.
      const isRunning = (chat.running.value?.phase.value ?? 'finished') !== 'finished'
      if (wasRunning && !isRunning) requestAnimationFrame(() => scroller?.finish())
      wasRunning = isRunning
    })
  }, [chat, scroller])
}
