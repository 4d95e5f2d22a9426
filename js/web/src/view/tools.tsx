/** The tools an answer used. */

import type { ToolUse } from '@rivulet/client'

import { words } from '../words.ts'

export function Tool({ tool }: { tool: ToolUse }) {
  return (
    <details class="trace">
      <summary>{tool.name} <span class="muted">{words.toolStatus[tool.status ?? 'running']}</span></summary>
      {tool.input !== undefined && <Value label={words.toolInput} value={tool.input} />}
      {tool.output !== undefined && <Value label={words.toolOutput} value={tool.output} />}
      {tool.error && <p class="plain">{tool.error}</p>}
    </details>
  )
}

function Value({ label, value }: { label: string; value: unknown }) {
  return (
    <>
      <p class="muted">{label}</p>
      <pre dir="ltr" tabIndex={0}>{typeof value === 'string' ? value : JSON.stringify(value, null, 2)}</pre>
    </>
  )
}
