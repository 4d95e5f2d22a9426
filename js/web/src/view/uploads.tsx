/** Files on their way: a row each, with how far it is or why it failed, and one line for all when there are many. */

import { cancelAll, failedUploads, removeUpload, retryAll, retryUpload, uploads, waitingUploads, type Upload } from '../state/uploads.ts'
import { words } from '../words.ts'
import { AddFiles } from './add-files.tsx'
import { CloseIcon } from './icons.tsx'

export function UploadsView() {
  if (!uploads.value.length) return null
  return (
    <section aria-label={words.uploads}>
      {uploads.value.length > 1 && <Summary />}
      <ul class="rows">{uploads.value.map((one) => <UploadRow key={one.id} upload={one} />)}</ul>
    </section>
  )
}

function Summary() {
  const [waiting, failed] = [waitingUploads.value.length, failedUploads.value.length]
  const canRetry = failedUploads.value.some(({ file }) => file)
  return (
    <div class="rows-summary">
      <p role="status">{[waiting && words.uploadsLeft(waiting), failed && words.uploadsFailed(failed)].filter(Boolean).map((one) => <span key={one}>{one}</span>)}</p>
      {failed > 1 && canRetry && <button type="button" class="quiet" onClick={retryAll}>{words.retryAll}</button>}
      {waiting > 1 && <button type="button" class="quiet" onClick={cancelAll}>{words.cancelAll}</button>}
    </div>
  )
}

function UploadRow({ upload }: { upload: Upload }) {
  const { id, name, phase, sent, reason, file } = upload
  const hasFailed = phase === 'failed'
  const label = hasFailed ? words.dismissUpload(name) : words.cancelUpload(name)
  return (
    <li class="row" data-status={hasFailed ? 'error' : 'sending'}>
      <div class="row-text">
        <p class="row-title"><bdi dir="auto">{name}</bdi></p>
        {hasFailed ? <p class="row-problem">{reason}</p> : <Progress name={name} phase={phase} sent={sent} />}
      </div>
      {hasFailed && file && <button type="button" class="quiet" onClick={() => retryUpload(id)}>{words.retryUpload}</button>}
      {/* After a reload the page has the name and not the file: it must be chosen again. */}
      {hasFailed && !file && <AddFiles isSmall />}
      <button type="button" class="round" onClick={() => removeUpload(id)} aria-label={label} title={label}><CloseIcon /></button>
    </li>
  )
}

function Progress({ name, phase, sent }: Pick<Upload, 'name' | 'phase' | 'sent'>) {
  const said = phase === 'waiting' ? words.uploadWaiting : sent < 1 ? words.uploading(sent) : words.uploadDone
  return (
    <>
      <progress max={1} value={sent} aria-label={name} />
      <p class="muted">{said}</p>
    </>
  )
}
