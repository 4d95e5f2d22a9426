/** One connection for all tabs of a browser, for pages that have it with their first script. */

import { Api, type ClientOptions, type OpenEvents } from './api.ts'
import { Line } from './follow.ts'
import { joinTabs } from './tabs.ts'

/** For the option `events` of a client. Gives undefined where nothing can be shared. */
export function sharedEvents(options: ClientOptions = {}): OpenEvents | undefined {
  return joinTabs(options, new Api({ ...options, share: false }), () => new Line())
}
