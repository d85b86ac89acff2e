import { misuse } from '../core/errors.ts'
import type { App } from '../processing/app.ts'
import { partsBehind } from '../processing/parts.ts'
import { fullName, processorNamed, type WhichProcessor } from './which.ts'

/** What was paused, or goes on. */
export interface PauseDone {
  readonly name: string
  /** Another version of the name is not concerned. */
  readonly version: string
  /** Whether appends keep it, and do so also while it is paused. */
  readonly inline: boolean
}

/**
 * Stops the version of a view, projection or subscription that the app declares in all processes, after the page that each is at,
 * within seconds, until `resume`; also over restarts. One that is inline goes on with the appends, and stands still where it is
 * followed in the background.
 *
 * @throws MisuseError `ANNALS_OPTION` for what the store does not know yet, since no process has started that keeps it.
 */
export async function pause(app: App, processor: WhichProcessor): Promise<PauseDone> {
  return setPaused('pause', app, processor, true)
}

/**
 * Lets the version of a view, projection or subscription go on that was paused.
 *
 * @throws MisuseError `ANNALS_OPTION` for what the store does not know yet.
 */
export async function resume(app: App, processor: WhichProcessor): Promise<PauseDone> {
  return setPaused('resume', app, processor, false)
}

async function setPaused(
  what: string,
  app: App,
  which: WhichProcessor,
  paused: boolean,
): Promise<PauseDone> {
  const { store, processing } = partsBehind(what, app)
  const processor = processorNamed(what, app, which)
  const [standing] = await store.ledger.overview([processor])
  if (!standing || !(await store.ledger.pause(processor, paused)))
    misuse(
      `${what}: the store knows no ${fullName(processor)} yet; start an app that keeps it first`,
    )
  processing.nudge()
  const { name, version, mode } = standing
  return { name, version, inline: mode === 'inline' }
}
