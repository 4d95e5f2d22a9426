/** A tool that an answer used: its name and state in a line, what went in and came out below it. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

import type { Tool } from '../state/tool.ts'
import { words } from '../words.ts'
import { ChevronIcon, ToolIcon } from './icons.tsx'

/** Of arguments that still come in only the end is shown: laying out all of them for every frame would show. */
const TAIL = 1500
/** More of a value than anybody reads; the whole is in the turn. */
const LONGEST = 50_000

export function ToolView({ tool }: { tool: Tool }) {
  const status = tool.status.value
  const isRunning = status === 'running'
  const isOpen = useSignal(isRunning)
  useEffect(() => {
    if (!isRunning) isOpen.value = false
  }, [isRunning])
  return (
    <details class="fold tool" data-status={status} open={isOpen.value} onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
      <summary>
        <ChevronIcon /><ToolIcon /><span class="tool-name" dir="auto">{tool.name}</span>
        <span class="state">{isRunning && <span class="pulse" aria-hidden="true" />}{words.toolStatus[status]}</span>
      </summary>
      {isOpen.value && (
        <div class="fold-body">
          <Input tool={tool} />
          {tool.output.value !== undefined && <Value label={words.toolOutput} text={textOf(tool.output.value)} />}
          {tool.error.value && <p class="plain tool-error" dir="auto">{tool.error.value}</p>}
        </div>
      )}
    </details>
  )
}

function Input({ tool }: { tool: Tool }) {
  void tool.changed.value
  const input = tool.input.value
  if (input !== undefined) return <Value label={words.toolInput} text={textOf(input)} />
  if (!tool.draft) return null
  const tail = tool.draft.slice(-TAIL)
  return <Value label={words.toolInput} text={tail.length < tool.draft.length ? `…${tail}` : tail} />
}

function Value({ label, text }: { label: string; text: string }) {
  return (
    <>
      <p class="muted">{label}</p>
      <pre dir="ltr" tabIndex={0}>{text}</pre>
    </>
  )
}

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '')
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}
