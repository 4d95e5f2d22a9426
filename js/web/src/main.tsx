/** Starts the page: the app, or a shared conversation when the address is that of a link. */

import { render } from 'preact'

import { App } from './app.tsx'
import { refreshChats } from './state/chats.ts'
import { loadModels } from './state/models.ts'
import { sharedId } from './state/shared.ts'
import { refreshSources } from './state/sources.ts'
import { startSpeaking } from './words.ts'

await startSpeaking()
if (sharedId) {
  const { ShareView } = await import('./view/share-view.tsx')
  render(<ShareView id={sharedId} />, document.body)
} else {
  render(<App />, document.body)
  void refreshChats()
  void refreshSources()
  void loadModels()
}
