/** The page's icons: 20 × 20, drawn with the colour of the text around them. */

import type { JSX } from 'preact'

const icon = (...paths: string[]) => drawn('icon', paths)

/** One that points the way the text runs: mirrored where that is to the left. */
const turning = (...paths: string[]) => drawn('icon turns', paths)

function drawn(name: string, paths: readonly string[]): () => JSX.Element {
  return () => (
    <svg class={name} viewBox="0 0 20 20" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.6"
      stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
      {paths.map((d) => <path key={d} d={d} />)}
    </svg>
  )
}

export const SendIcon = icon('M10 15.5V4.5', 'M5 9.5l5-5 5 5')
export const StopIcon = () => (
  <svg class="icon" viewBox="0 0 20 20" width="20" height="20" fill="currentColor" aria-hidden="true" focusable="false">
    <rect x="5.5" y="5.5" width="9" height="9" rx="2" />
  </svg>
)
export const PlusIcon = icon('M10 4v12', 'M4 10h12')
export const MenuIcon = icon('M3.5 6h13', 'M3.5 10h13', 'M3.5 14h13')
export const CloseIcon = icon('M5 5l10 10', 'M15 5L5 15')
export const BinIcon = icon('M4 6h12', 'M8 6V4h4v2', 'M5.5 6l.7 10h7.6l.7-10')
export const ClipIcon = icon('M14.5 9.5l-5 5a3 3 0 0 1-4.2-4.2l5.7-5.7a2 2 0 0 1 2.8 2.8l-5.5 5.5a1 1 0 0 1-1.4-1.4l4.8-4.8')
export const CopyIcon = icon('M7 7h8.5v9H7z', 'M4.5 13V4H12')
export const CheckIcon = icon('M4.5 10.5l3.7 3.7 7.3-8')
export const RetryIcon = icon('M15.5 10a5.5 5.5 0 1 1-1.7-4', 'M15.5 3.5V7H12')
export const WarningIcon = icon('M10 3.5l7 12.5H3z', 'M10 8.5v3.5', 'M10 14v.1')
export const PagesIcon = icon('M6.5 3.5h5l3 3v7.5h-8z', 'M11.5 3.5v3h3', 'M6.5 6H5v10.5h7.5V14')
export const LeftIcon = turning('M12 5l-5 5 5 5')
export const RightIcon = turning('M8 5l5 5-5 5')
export const DownIcon = icon('M10 4.5v11', 'M5 10.5l5 5 5-5')
export const OutIcon = turning('M8.5 5H5v10h10v-3.5', 'M11.5 4.5h4v4', 'M15.5 4.5L9 11')
export const SunIcon = icon('M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z', 'M10 2.5v1.2M10 16.3v1.2M2.5 10h1.2M16.3 10h1.2M4.7 4.7l.8.8M14.5 14.5l.8.8M4.7 15.3l.8-.8M14.5 5.5l.8-.8')
export const MoonIcon = icon('M15.8 11.8A6.3 6.3 0 0 1 8.2 4.2a6.3 6.3 0 1 0 7.6 7.6z')
export const HalfIcon = icon('M10 3.5a6.5 6.5 0 1 0 0 13z', 'M10 3.5a6.5 6.5 0 0 1 0 13')
export const ChevronIcon = icon('M8 5l5 5-5 5')
export const DotsIcon = () => (
  <svg class="icon" viewBox="0 0 20 20" width="20" height="20" fill="currentColor" aria-hidden="true" focusable="false">
    <circle cx="4.5" cy="10" r="1.5" /><circle cx="10" cy="10" r="1.5" /><circle cx="15.5" cy="10" r="1.5" />
  </svg>
)
export const PencilIcon = icon('M4 16l.8-3.4L13 4.4a1.4 1.4 0 0 1 2 0l.6.6a1.4 1.4 0 0 1 0 2L7.4 15.2z', 'M11.6 5.8l2.6 2.6')
export const ThumbUpIcon = icon('M6.5 9l3-5.5c1.2 0 1.9.9 1.7 2L10.8 8h3.9a1.4 1.4 0 0 1 1.4 1.7l-1.1 5a1.6 1.6 0 0 1-1.6 1.3H6.5z', 'M6.5 9H4v7h2.5')
export const ThumbDownIcon = icon('M13.5 11l-3 5.5c-1.2 0-1.9-.9-1.7-2L9.2 12H5.3a1.4 1.4 0 0 1-1.4-1.7l1.1-5A1.6 1.6 0 0 1 6.6 4h6.9z', 'M13.5 11H16V4h-2.5')
export const InfoIcon = icon('M10 3.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z', 'M10 9.3v4', 'M10 6.6v.1')
export const ToolIcon = icon('M12.2 4.2a3.6 3.6 0 0 0-3.4 4.9l-4.6 4.6 2.1 2.1 4.6-4.6a3.6 3.6 0 0 0 4.8-4.3l-2.1 2.1-1.9-.6-.6-1.9z')
export const SearchIcon = icon('M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4z', 'M12.7 12.7l3.3 3.3')
export const GearIcon = icon('M4 6.5h7M15 6.5h1M4 13.5h1M9 13.5h7', 'M13 4.7a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z', 'M7 11.7a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z')
export const SideIcon = turning('M3.5 4.5h13v11h-13z', 'M8 4.5v11')
export const LinkIcon = icon('M8.5 11.5a3 3 0 0 0 4.2 0l2.4-2.4a3 3 0 0 0-4.2-4.2l-1 1', 'M11.5 8.5a3 3 0 0 0-4.2 0l-2.4 2.4a3 3 0 0 0 4.2 4.2l1-1')
export const KeysIcon = icon('M3.5 6h13v8.5h-13z', 'M6.5 9v.1M9 9v.1M11.5 9v.1M14 9v.1M7 11.8h6')
export const PauseIcon = icon('M7.5 5.5v9', 'M12.5 5.5v9')
export const QueueIcon = icon('M4 6h12', 'M4 10h7', 'M4 14h5', 'M14.5 11v6', 'M11.5 14h6')
