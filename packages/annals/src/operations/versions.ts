import { misuse } from '../core/errors.ts'
import { checkOptions } from '../core/options.ts'
import type { App } from '../processing/app.ts'
import { partsBehind } from '../processing/parts.ts'
import type { ProcessorKind } from '../store/ledger.ts'
import type { Position } from '../store/store.ts'
import { compareVersions } from '../store/versions.ts'
import { fullName } from './which.ts'

/** A version of a view, projection or subscription that the store knows. */
export interface VersionStatus {
  readonly kind: ProcessorKind
  readonly name: string
  readonly version: string
  /** Whether it is the one that is read where no version is said. */
  readonly live: boolean
  /** Whether this program declares it. */
  readonly declared: boolean
  /** How many processes run it. */
  readonly runners: number
  /** How many positions it is behind the head of the log. */
  readonly lag: number
}

/** All versions that the store of an app knows, by their names, the newest first; also those of other programs. */
export async function versions(app: App): Promise<readonly VersionStatus[]> {
  const { store, processing } = partsBehind('versions', app)
  const { head } = await store.watermark()
  const known = await store.ledger.overview()
  return known
    .map(({ kind, name, version, live, mode, runners, slices }) => ({
      kind,
      name,
      version,
      live,
      declared: processing.processors.some((one) => one.name === name && one.version === version),
      runners,
      lag: mode === 'inline' ? 0 : lagOf(head, slices),
    }))
    .toSorted(
      (one, next) =>
        one.name.localeCompare(next.name, 'en') || compareVersions(next.version, one.version),
    )
}

function lagOf(head: Position, slices: readonly { readonly position: Position }[]): number {
  return Math.max(0, head - Math.min(...slices.map(({ position }) => position)))
}

/** Which version to forget. */
export interface DropOptions {
  /** Also the one that is live: a view or projection, or a subscription, that no program keeps any more. */
  readonly live?: boolean
}

/**
 * Forgets a version of a view, projection or subscription for ever: its documents or tables, how far it was, and what it parked.
 * After a roll-out it is for the version before, when nobody will go back to it.
 *
 * @throws MisuseError `ANNALS_OPTION` when the store knows no such version, when it is live, when a process runs it, or when appends
 *   keep it.
 */
export async function drop(
  app: App,
  name: string,
  version: string,
  options: DropOptions = {},
): Promise<void> {
  checkOptions('drop', options, ['live'])
  const { store } = partsBehind('drop', app)
  const known = await store.ledger.overview()
  const found = known.find((one) => one.name === name && one.version === version)
  if (!found)
    misuse(
      `drop: the store knows no ${fullName({ name, version })}; it knows ${known.map(fullName).toSorted().join(', ') || 'nothing'}`,
    )
  if (found.live && options.live !== true)
    misuse(
      `drop: ${fullName(found)} is live; deploy another version first, or say live: true (--live) where nobody needs it any more`,
    )
  await store.ledger.drop({ name, version })
}
