/** Files on their way, in one row above the question: where the drawer would lie over it, it does not open for them. */

import { openPanel, panel } from '../state/panel.ts'
import { isNarrow } from '../state/screen.ts'
import { arrived, arriving, failedUploads, uploads, waitingUploads } from '../state/uploads.ts'
import { words } from '../words.ts'
import { RightIcon } from './icons.tsx'

export function UploadsBar() {
  const isSending = waitingUploads.value.length > 0
  const said = uploads.value.length ? sending() : reading()
  if (!isNarrow.value || panel.value?.kind === 'documents' || !said) return null
  const show = () => {
    arrived.value = new Set()
    openPanel({ kind: 'documents' })
  }
  return (
    <section class="uploads-bar" aria-label={words.uploads} data-failed={failedUploads.value.length > 0}>
      <button type="button" title={words.showUploads} onClick={show}>
        <span class="uploads-said"><bdi dir="auto">{said.what}</bdi><span class="muted">{said.how}</span></span>
        <RightIcon />
      </button>
      {isSending && <progress max={1} value={share()} aria-label={words.uploads} />}
    </section>
  )
}

interface Said {
  what: string
  how: string
}

/** One file by its name, several by their number. */
function sending(): Said {
  const [only, second] = uploads.value
  const [waiting, failed] = [waitingUploads.value.length, failedUploads.value.length]
  if (!only || second) return { what: waiting ? words.uploadsLeft(waiting) : '', how: failed ? words.uploadsFailed(failed) : '' }
  if (only.phase === 'failed') return { what: only.name, how: only.reason ?? words.uploadsFailed(1) }
  const how = only.phase === 'waiting' ? words.uploadWaiting : only.sent < 1 ? words.uploading(only.sent) : words.uploadDone
  return { what: only.name, how }
}

/** What has arrived is not there to be asked about before it is read. */
function reading(): Said | null {
  const [only, second] = arriving.value
  if (!only) return null
  return { what: second ? words.documentsCount(arriving.value.length) : only.title, how: words.status[only.status] }
}

const share = () => waitingUploads.value.reduce((sum, { sent }) => sum + sent, 0) / waitingUploads.value.length
