/** Starts the page: the app, or a shared conversation when the address is that of a link. */

import { render } from 'preact'

import { App } from './app.tsx'
import { begin } from './state/beginning.ts'
import { sharedId } from './state/shared.ts'
import { startSpeaking } from './words.ts'

await startSpeaking()
if (sharedId) {
  const { ShareView } = await import('./view/share-view.tsx')
  render(<ShareView id={sharedId} />, document.body)
} else {
  render(<App />, document.body)
  begin()
}
