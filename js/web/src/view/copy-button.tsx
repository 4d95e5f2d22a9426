/** A button that copies, and says so for a moment. */

import { useSignal } from '@preact/signals'

import { attempt } from '../state/notices.ts'
import { words } from '../words.ts'
import { copyText } from './clipboard.ts'
import { CheckIcon, CopyIcon } from './icons.tsx'

export const COPIED_MS = 1600

export function CopyButton({ text, label }: { text: () => string; label: string }) {
  const isCopied = useSignal(false)
  const copy = () =>
    attempt(
      copyText(text()).then(() => {
        isCopied.value = true
        setTimeout(() => (isCopied.value = false), COPIED_MS)
      }),
    )
  return (
    <button type="button" class="quiet" onClick={copy} aria-label={label}>
      {isCopied.value ? <CheckIcon /> : <CopyIcon />}
      <span>{isCopied.value ? words.copied : words.copy}</span>
    </button>
  )
}
