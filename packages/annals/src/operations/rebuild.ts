import { misuse, type Progress } from '../core/errors.ts'
import { checkOptions } from '../core/options.ts'
import type { App } from '../processing/app.ts'
import { partsBehind } from '../processing/parts.ts'
import type { Processor } from '../processing/processor.ts'
import { checkRate, type Built } from '../processing/rebuilding.ts'
import { processorNamed, type WhichProcessor } from './which.ts'

/** How to build a version. */
export interface RebuildOptions {
  /** How many events a second each slice of it handles at most; what `annals` was told, or as many as it can. */
  readonly rate?: number
  /** Is told how far it is, four times a second. */
  readonly onProgress?: (progress: Progress) => void
  /** Ends it: what was done stays, and the next `rebuild` or `start` goes on from there. */
  readonly signal?: AbortSignal
}

/**
 * Builds the version of a view or projection that this program declares, beside the one that is live: up to the end of the log,
 * while everything else goes on. Run before the roll-out, it lets the new program begin with a version that lacks only what was
 * recorded since. Subscriptions are not touched. Gives how far it came, and how many of its events are parked.
 *
 * @throws MisuseError `ANNALS_OPTION` when the version is live already, and for a subscription.
 */
export async function rebuild(
  app: App,
  which: WhichProcessor,
  options: RebuildOptions = {},
): Promise<Built> {
  checkOptions('rebuild', options, ['rate', 'onProgress', 'signal'])
  const { rate, onProgress, signal } = options
  checkRate('rebuild: rate', rate)
  const { store, processing } = partsBehind('rebuild', app)
  const processor = processorNamed('rebuild', app, which)
  const { kind, name, version } = processor
  if (kind === 'subscription')
    misuse(
      `rebuild: ${name} is a subscription, whose effects would be repeated; only views and projections are built`,
    )
  const [standing] = await store.ledger.overview([processor])
  if (standing?.live)
    misuse(
      `rebuild: version ${version} of ${name} is built and live; raise its version to build it anew beside that`,
    )
  return processing.build(processor, { rate, onProgress, signal })
}

/** Which views and projections of an app are declared in a version that is not live: what `rebuild` is for. */
export async function unbuilt(app: App): Promise<readonly Processor[]> {
  const { store, processing } = partsBehind('unbuilt', app)
  const known = await store.ledger.overview(processing.processors)
  const declared = processing.processors as readonly Processor[] // for whichever store they are
  return declared.filter(
    ({ kind, name, version }) =>
      kind !== 'subscription' &&
      !known.some((one) => one.name === name && one.version === version && one.live),
  )
}
