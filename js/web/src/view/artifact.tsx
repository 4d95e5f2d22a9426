/** A page or a drawing that the model wrote: seen in a frame that reaches nothing, read as code, through its versions,
 * with what went wrong in it. */

import { useSignal, type Signal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'

import type { Artifact } from '../state/artifacts.ts'
import { openChat } from '../state/open-chat.ts'
import { closePanel, openPanel } from '../state/panel.ts'
import { isPhone } from '../state/screen.ts'
import { Run, sandboxAddress, type Problem } from '../state/sandbox.ts'
import { words } from '../words.ts'
import { CopyButton } from './copy-button.tsx'
import { RetryIcon, StopIcon } from './icons.tsx'
import { Tabs } from './tabs.tsx'

const TABS = ['preview', 'code', 'versions', 'problems'] as const
type Tab = (typeof TABS)[number]

interface Props {
  versions: readonly Artifact[]
  index: number
}

export function ArtifactView({ versions, index }: Props) {
  const artifact = versions[index] as Artifact
  const tab = useSignal<Tab>('preview')
  const runs = useSignal(0)
  const run = useMemo(() => new Run(artifact), [artifact, runs.value])
  const names = { preview: words.preview, code: words.sourceCode, versions: words.versions, problems: words.problems }
  const counts = { versions: versions.length, problems: run.problems.value.length }
  return (
    <div class="artifact">
      <Tabs label={words.artifact} tabs={TABS} names={names} counts={counts} tab={tab} />
      {/* The frame stays while another tab is looked at: its problems go on being heard. */}
      <div class="artifact-pane" id="tab-preview" role="tabpanel" aria-label={words.preview} hidden={tab.value !== 'preview'}>
        <Preview key={`${index} ${runs.value}`} artifact={artifact} run={run} again={() => (runs.value += 1)} />
      </div>
      {tab.value === 'code' && <Code artifact={artifact} />}
      {tab.value === 'versions' && <Versions versions={versions} index={index} tab={tab} />}
      {tab.value === 'problems' && <Problems artifact={artifact} run={run} />}
    </div>
  )
}

function Preview({ artifact, run, again }: { artifact: Artifact; run: Run; again: () => void }) {
  const place = useRef<HTMLDivElement>(null)
  const state = run.state.value
  useEffect(() => {
    const frame = document.createElement('iframe')
    frame.title = words.previewOf(artifact.title || words.artifact)
    // Before the address: what is not allowed must not be allowed for a moment either.
    frame.setAttribute('sandbox', 'allow-scripts')
    frame.src = sandboxAddress()
    run.begin(frame)
    place.current?.append(frame)
    return () => {
      run.stop()
      frame.remove()
    }
  }, [run])
  const stop = () => {
    run.stop()
    place.current?.replaceChildren()
  }
  const isStuck = state === 'stuck'
  return (
    <>
      <div class="artifact-frame" ref={place} data-state={state} />
      {state === 'stopped' && <p class="artifact-stopped">{words.previewStopped}</p>}
      <div class="artifact-bar">
        <p role="status">{isStuck ? words.previewStuck : words.previewSafe}</p>
        {state !== 'stopped' && <button type="button" class="quiet" onClick={stop}><StopIcon /><span>{words.previewStop}</span></button>}
        <button type="button" class="quiet" onClick={again}><RetryIcon /><span>{words.previewAgain}</span></button>
      </div>
    </>
  )
}

function Code({ artifact }: { artifact: Artifact }) {
  const lines = artifact.code.split('\n')
  return (
    <div class="artifact-pane" id="tab-code" role="tabpanel" aria-label={words.sourceCode}>
      <div class="artifact-code" dir="ltr" tabIndex={0} role="region" aria-label={words.sourceCode}>
        <pre><code>{lines.map((line, i) => <span class="line" key={i} data-line={i + 1}>{line}{'\n'}</span>)}</code></pre>
      </div>
      <div class="artifact-bar"><p>{words.linesCount(lines.length)}</p><CopyButton text={() => artifact.code} label={words.copyCode} /></div>
    </div>
  )
}

function Versions({ versions, index, tab }: Props & { tab: Signal<Tab> }) {
  const show = (to: number) => {
    openPanel({ kind: 'artifact', versions, index: to })
    tab.value = 'preview'
  }
  return (
    <div class="artifact-pane" id="tab-versions" role="tabpanel" aria-label={words.versions}>
      <ul class="versions">
        {versions.map((one, i) => (
          <li key={i}>
            <button type="button" onClick={() => show(i)} aria-current={i === index ? 'true' : undefined}>
              <span>{words.version(i + 1)}</span>
              <span class="muted">{words.linesCount(one.code.split('\n').length)}</span>
            </button>
          </li>
        )).reverse()}
      </ul>
    </div>
  )
}

function Problems({ artifact, run }: { artifact: Artifact; run: Run }) {
  const problems = run.problems.value
  return (
    <div class="artifact-pane" id="tab-problems" role="tabpanel" aria-label={words.problems}>
      {problems.length === 0 && <p class="drawer-note">{words.noProblems}</p>}
      <ul class="problems">
        {problems.map((one) => (
          <li key={`${one.line} ${one.message}`}>
            <p class="problem-kind">{words.problemKinds[one.kind]}{one.line > 0 && <span>{words.line(one.line)}</span>}</p>
            <p class="problem-text" dir="ltr"><code>{one.message}</code></p>
            <button type="button" class="quiet" onClick={() => tell(artifact, one)}>{words.sendError}</button>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Asks for a repair in a new turn; while another answer is written, the question goes where a written one would. */
function tell(artifact: Artifact, { message, line }: Problem): void {
  const around = line > 0 ? (artifact.code.split('\n')[line - 1] ?? '').trim() : ''
  const question = words.errorQuestion(artifact.title, message, line, around)
  if (isPhone.value) closePanel()
  void openChat.peek().put(question)
}
