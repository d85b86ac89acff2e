import assert from 'node:assert/strict'
import { AnnalsError, ConflictError } from '../../../core/errors.ts'
import type { ErrorCode } from '../../../core/errors.ts'
import type {
  Appended,
  Boundary,
  Draft,
  EventStore,
  Filter,
  Guard,
  Query,
  ReadOptions,
  StoredEvent,
  StreamGuard,
  StreamName,
} from '../../../store/store.ts'

/** The tenant that promises are tried with; the neighbour beside it does the same. */
export const tenant = 'acme'

/** A stream of the category `cart`. */
export function cart(id: string): StreamName {
  return { category: 'cart', id }
}

/** An event for a stream, with an id of its own. */
export function draft(stream: StreamName, change: Partial<Draft> = {}): Draft {
  const id = crypto.randomUUID()
  return {
    id,
    stream,
    type: 'ItemAdded',
    schemaVersion: 1,
    data: `{"sku":"${id}"}`,
    metadata: '{"actor":"ann"}',
    tags: [],
    ...change,
  }
}

/** Several events for one stream. */
export function drafts(stream: StreamName, count: number): Draft[] {
  return Array.from({ length: count }, () => draft(stream))
}

/** An event that carries tags, in a stream of its own. */
export function tagged(...tags: string[]): Draft {
  return draft({ category: 'fact', id: crypto.randomUUID() }, { type: 'Enrolled', tags })
}

/** Appends for the tenant. */
export function append(
  store: EventStore,
  events: readonly Draft[],
  guard?: Guard,
): Promise<Appended> {
  return store.append({ tenant, drafts: events, ...(guard && { guard }) })
}

/** A guard of one stream. */
export function at(stream: StreamName, version: StreamGuard['version']): Guard {
  return { streams: [{ ...stream, version }] }
}

/** The tenant's events that match any of the filters. */
export function matching(...filters: Filter[]): Query {
  return { tenant, filters }
}

/** Reads to the end. */
export async function read(
  store: EventStore,
  query: Query,
  options?: ReadOptions,
): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  for await (const page of store.read(query, options)) {
    assert.ok(page.length > 0, 'no page is empty')
    for (const event of page) events.push(event)
  }
  return events
}

/** A read to be taken page by page. */
export async function* paging(
  pages: AsyncIterable<readonly StoredEvent[]>,
): AsyncGenerator<readonly StoredEvent[], undefined> {
  for await (const page of pages) yield page
  return undefined
}

/** The history of one stream. */
export function history(store: EventStore, stream: StreamName): Promise<StoredEvent[]> {
  return read(store, matching(stream))
}

/** All that a store holds, of every tenant. */
export function everything(store: EventStore): Promise<StoredEvent[]> {
  return read(store, { tenant: undefined, filters: [{}] })
}

/** Reads as a decision does: what matches, and the guard that nothing more of it has come. */
export async function decide(store: EventStore, ...filters: Filter[]): Promise<Guard> {
  const settled = await store.settled()
  const events = await read(store, matching(...filters), { unsettled: true })
  return { decision: { filters, after: after(settled, events) } }
}

/** The boundary of a decision that has read these events. */
export function after(
  settled: Pick<Boundary, 'epoch' | 'position'>,
  events: readonly StoredEvent[],
): Boundary {
  const above = events.filter(({ position }) => position > settled.position)
  return { ...settled, seen: above.map(({ position }) => position) }
}

/** Expects long lists to be equal, and names the first place where they are not. */
export function same<Item>(actual: readonly Item[], expected: readonly Item[]): void {
  // assert compares lists of this length for minutes once they differ
  for (const [index, item] of expected.entries())
    assert.deepEqual(actual[index], item, `item ${index} of ${expected.length} is another one`)
  assert.equal(actual.length, expected.length)
}

/** Expects an error of Annals with this code. */
export async function refused(call: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof AnnalsError, `expected ${code}, got ${String(error)}`)
    assert.equal(error.code, code, error.message)
    return true
  })
}

/** Expects calls that race to be done, or to have lost to another one; gives what those done became. */
export async function winners<Result>(calls: readonly Promise<Result>[]): Promise<Result[]> {
  const won: Result[] = []
  for (const outcome of await Promise.allSettled(calls))
    if (outcome.status === 'fulfilled') won.push(outcome.value)
    else if (!(outcome.reason instanceof ConflictError)) throw outcome.reason
  return won
}

/** The numbers from 1, as the versions of a stream are. */
export function dense(length: number): number[] {
  return Array.from({ length }, (_, index) => index + 1)
}

/** The versions of events, in their order. */
export function versions(events: readonly StoredEvent[]): number[] {
  return events.map(({ version }) => version)
}

/** The ids of events, in their order. */
export function ids(events: readonly Pick<Draft, 'id'>[]): string[] {
  return events.map(({ id }) => id)
}

/** Repeats a step one after another. */
export async function rounds(count: number, step: (round: number) => Promise<void>): Promise<void> {
  for (let round = 1; round <= count; round++) await step(round)
}
