/** A button that copies, and says so for a moment. */

import { useSignal } from '@preact/signals'

import { announce, attempt } from '../state/notices.ts'
import { words } from '../words.ts'
import { copyText } from './clipboard.ts'
import { CheckIcon, CopyIcon } from './icons.tsx'

export const COPIED_MS = 1600

interface Props {
  text: () => string
  label: string
  /** Only the icon. */
  isSmall?: boolean
}

export function CopyButton({ text, label, isSmall = false }: Props) {
  const isCopied = useSignal(false)
  const copy = () =>
    attempt(
      copyText(text()).then(() => {
        isCopied.value = true
        announce(words.copied)
        setTimeout(() => (isCopied.value = false), COPIED_MS)
      }),
    )
  return (
    <button type="button" class={isSmall ? 'quiet small' : 'quiet'} onClick={copy} aria-label={label} title={label}>
      {isCopied.value ? <CheckIcon /> : <CopyIcon />}
      {!isSmall && <span>{isCopied.value ? words.copied : words.copy}</span>}
    </button>
  )
}
