/** What a view in a test is made with: three sources, English words. */

import type { Setting } from '../src/markdown/nodes.ts'

export const setting: Setting = {
  mark: (n) => (n <= 3 ? Object.assign(document.createElement('button'), { textContent: `${n}` }) : null),
  words: { copy: 'Copy', wrap: 'Wrap', taskDone: 'Done', taskOpen: 'To do', image: (host) => `Image at ${host}`, save: 'Download' },
}
