/** What kind of window the page is in. */

import { signal } from '@preact/signals'

/** The width at which the drawer becomes a sheet; the same as in phone.css. */
const phone = matchMedia('(max-width: 48rem)')

export const isPhone = signal(phone.matches)

/** The width below which the drawer lies over the conversation; the same as in phone.css. */
const narrow = matchMedia('(max-width: 75rem)')

export const isNarrow = signal(narrow.matches)

narrow.addEventListener('change', () => (isNarrow.value = narrow.matches))

phone.addEventListener('change', () => (isPhone.value = phone.matches))
