/** What kind of window the page is in. */

import { signal } from '@preact/signals'

/** The width at which the drawer becomes a sheet; the same as in phone.css. */
const phone = matchMedia('(max-width: 48rem)')

export const isPhone = signal(phone.matches)

phone.addEventListener('change', () => (isPhone.value = phone.matches))
