import {
  AnnalsError,
  ConflictError,
  MisuseError,
  StorageError,
  UnavailableError,
} from '../core/errors.ts'
import type { Lease, ProcessorName, Standing } from './ledger.ts'
import type {
  Boundary,
  Draft,
  FollowOptions,
  Once,
  OnceKey,
  Remembered,
  StoredEvent,
  StreamGuard,
} from './store.ts'

// What every adapter answers alike when an append cannot go through.

/** Refuses an append whose stream is not as it was. `actual` is its version, 0 where it has no event. */
export function checkStreamGuard(guard: StreamGuard, actual: number): void {
  const { version } = guard
  if (version === 'none' ? actual === 0 : version === 'some' ? actual > 0 : version === actual)
    return
  const expected = { none: 'empty', some: 'there' }[version] ?? `at version ${version}`
  throw new ConflictError(
    `${guard.category}/${guard.id} is ${actual === 0 ? 'empty' : `at version ${actual}`}, not ${expected}; load it and decide again`,
  )
}

/** Refuses a decision that looked at another database, or at one that was restored since. */
export function checkEpoch(after: Boundary, epoch: string): void {
  if (after.epoch !== epoch) refuseEpoch()
}

/** Refuses a follower whose position is of another database, or of this one before it was restored. */
export function checkFollowed({ epoch }: FollowOptions, now: string): void {
  if (epoch === undefined || epoch === now) return
  throw new StorageError(
    'ANNALS_EPOCH',
    'the position is of another database, or of this one before it was restored; begin anew where the database is',
  )
}

/** Refuses a decision whose epoch is another. */
export function refuseEpoch(): never {
  throw new StorageError(
    'ANNALS_EPOCH',
    'the decision was made on another database, or on this one before it was restored; read and decide again',
  )
}

/** Refuses a decision when an event came that it would have seen. */
export function refuseDecision(): never {
  throw new ConflictError('an event came that the decision had not seen; read and decide again')
}

/** Refuses a `once` key that is remembered: the answer is there, or the key belongs to another request. */
export function refuseRepeated(once: Once, remembered: Pick<Remembered, 'fingerprint'>): never {
  checkFingerprint(once, once.fingerprint, remembered)
  throw new ConflictError(
    `once key ${JSON.stringify(once.key)} was used meanwhile; ask what it gave`,
  )
}

/** Refuses another request under a key that was used. */
export function checkFingerprint(
  { key, stream }: OnceKey,
  fingerprint: string,
  remembered: Pick<Remembered, 'fingerprint'>,
): void {
  if (remembered.fingerprint !== fingerprint)
    throw new MisuseError(
      'ANNALS_ONCE_MISMATCH',
      `once key ${JSON.stringify(key)} of ${stream.category}/${stream.id} belongs to another command or other arguments; use a key for each request`,
    )
}

/**
 * The first result of an append whose events are stored already; `undefined` where none of them is.
 * `stored` holds what the store has under the ids of the drafts, in their order.
 */
export function firstResult(
  tenant: string,
  drafts: readonly Draft[],
  stored: readonly (StoredEvent | undefined)[],
): readonly StoredEvent[] | undefined {
  if (stored.every((event) => event === undefined)) return undefined
  return drafts.map((draft, index) => {
    const event = stored[index]
    if (event?.tenant === tenant && sameContent(draft, event)) return event
    throw new MisuseError(
      'ANNALS_ID_REUSED',
      `${event ? `event id ${draft.id} is stored already, with other content` : `event id ${draft.id} is new, but others of its append are stored already`}; make new ids for new events`,
    )
  })
}

function sameContent(draft: Draft, event: Draft): boolean {
  return (
    draft.stream.category === event.stream.category &&
    draft.stream.id === event.stream.id &&
    draft.type === event.type &&
    draft.schemaVersion === event.schemaVersion &&
    draft.data === event.data &&
    draft.metadata === event.metadata &&
    draft.tags.length === event.tags.length &&
    draft.tags.every((tag, index) => tag === event.tags[index])
  )
}

/** Tells that a store was closed. */
export function closed(): MisuseError {
  return new MisuseError('ANNALS_CLOSED', 'the store is closed; finish the work before closing it')
}

/** What the `setup` of a projection threw, with whose it is; an error of Annals says so itself. */
export function setupFailed({ name }: Pick<ProcessorName, 'name'>, error: unknown): unknown {
  if (error instanceof AnnalsError) return error
  const said = error instanceof Error ? error.message : String(error)
  return new MisuseError(
    'ANNALS_OPTION',
    `the setup of the projection ${name} failed: ${said}; nothing of it is left, and it is run again by the next start`,
    { cause: error },
  )
}

/** Tells that somebody else runs a slice. */
export function leaseLost({ name, first, last, owner }: Lease): UnavailableError {
  return new UnavailableError(
    'ANNALS_LEASE_LOST',
    `${name} (hashes ${first} to ${last}) was taken over from ${owner}; the new owner goes on from its checkpoint`,
  )
}

/** Refuses to drop a version of a read model that is in use. */
export function checkUnused(
  { name, version }: ProcessorName,
  { mode, runners }: Pick<Standing, 'mode' | 'runners'>,
): void {
  const use =
    runners > 0
      ? `is run by ${runners === 1 ? 'a process' : `${runners} processes`}; stop what keeps it, and try again some seconds later`
      : mode === 'inline'
        ? 'is kept by every append; append once with a program that does not keep it'
        : undefined
  if (use) throw new MisuseError('ANNALS_OPTION', `${name} of version ${version} ${use}`)
}
