/** Makes links to a chat, shows them, and takes them back. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

import { announce } from '../state/notices.ts'
import { messageOf } from '../state/reason.ts'
import { addressOf, revoke, share, sharesOf, type Share } from '../state/shares.ts'
import { words } from '../words.ts'
import { copyText } from './clipboard.ts'
import { CheckIcon, CopyIcon, LinkIcon } from './icons.tsx'
import { SureButton } from './sure-button.tsx'

export function ShareDialog({ chatId, title }: { chatId: string; title: string }) {
  const links = useSignal<readonly Share[] | null>(null)
  const copied = useSignal<string | null>(null)
  const problem = useSignal<string | null>(null)
  const isBusy = useSignal(false)
  useEffect(() => {
    sharesOf(chatId).then((found) => (links.value = together(links.value ?? [], found)), (failure) => (problem.value = messageOf(failure)))
  }, [chatId])
  const copy = async (link: Share) => {
    await copyText(addressOf(link))
    copied.value = link.id
    announce(words.linkCopied)
  }
  const make = async () => {
    if (isBusy.value) return
    isBusy.value = true
    problem.value = null
    try {
      const made = await share(chatId)
      links.value = together([made], links.value ?? [])
      // Copying may need a press of its own in some browsers; the link is there all the same.
      await copy(made).catch(() => undefined)
    } catch (failure) {
      problem.value = messageOf(failure)
    } finally {
      isBusy.value = false
    }
  }
  const remove = async (link: Share) => {
    await revoke(link)
    links.value = (links.value ?? []).filter((one) => one !== link)
    announce(words.linkRevoked)
  }
  return (
    <div class="dialog-body">
      <p class="share-title" dir="auto">{title}</p>
      <p class="muted">{words.shareNote}</p>
      <button type="button" class="primary wide" onClick={() => void make()} aria-disabled={isBusy.value}><LinkIcon /><span>{words.makeLink}</span></button>
      {problem.value && <p class="row-problem" role="alert">{problem.value}</p>}
      {links.value && links.value.length > 0 && (
        <section class="links">
          <h3>{words.links}</h3>
          <ul>
            {links.value.map((link) => (
              <li key={link.id}>
                <div class="link-text">
                  <a href={addressOf(link)} target="_blank" rel="noopener" dir="ltr">{addressOf(link).replace(/^https?:\/\//, '')}</a>
                  <p class="muted">{words.linkFacts(words.say.time(link.created_at), link.message_count)}</p>
                </div>
                <button type="button" class="quiet" onClick={() => void copy(link)}>
                  {copied.value === link.id ? <CheckIcon /> : <CopyIcon />}<span>{copied.value === link.id ? words.copied : words.copyLink}</span>
                </button>
                <SureButton label={words.revokeLink} question={words.reallyRevoke} act={() => remove(link)} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {links.value?.length === 0 && <p class="muted">{words.noLinks}</p>}
    </div>
  )
}

/** Each once: a link that is made while the list is on its way may be in it, or not. */
function together(first: readonly Share[], then: readonly Share[]): Share[] {
  return [...first, ...then.filter(({ id }) => !first.some((one) => one.id === id))]
}
