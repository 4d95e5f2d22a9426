/** Starts the page. */

import { render } from 'preact'

import { App } from './app.tsx'
import { refreshChats } from './state/chats.ts'
import { loadModels } from './state/models.ts'
import { refreshSources } from './state/sources.ts'
import { startSpeaking } from './words.ts'

await startSpeaking()
render(<App />, document.body)
void refreshChats()
void refreshSources()
void loadModels()
