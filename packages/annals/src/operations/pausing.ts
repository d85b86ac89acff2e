import type { App } from '../processing/app.ts'
import { partsBehind } from '../processing/parts.ts'
import { processorNamed, type WhichProcessor } from './which.ts'

/**
 * Stops a view, projection or subscription in all processes, after the page that each is at, within seconds, until `resume`; also over
 * restarts. One that is inline goes on with the appends.
 */
export async function pause(app: App, processor: WhichProcessor): Promise<void> {
  await setPaused('pause', app, processor, true)
}

/** Lets a view, projection or subscription go on that was paused. */
export async function resume(app: App, processor: WhichProcessor): Promise<void> {
  await setPaused('resume', app, processor, false)
}

async function setPaused(
  what: string,
  app: App,
  which: WhichProcessor,
  paused: boolean,
): Promise<void> {
  const { store, processing } = partsBehind(what, app)
  const processor = processorNamed(what, app, which)
  await processing.registered()
  await store.ledger.pause(processor, paused)
  processing.nudge()
}
