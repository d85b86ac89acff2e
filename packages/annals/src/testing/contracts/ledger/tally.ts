import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import type { Document, DocumentChange, DocumentKey } from '../../../store/documents.ts'
import type { Inline, Lease, PageWork, ProcessorName } from '../../../store/ledger.ts'
import type {
  Appended,
  Draft,
  EventStore,
  Position,
  Query,
  StoredEvent,
} from '../../../store/store.ts'
import { ids, read, tenant as ours } from '../store/vocabulary.ts'
import { carts } from './vocabulary.ts'

// A view that lists the ids of events: in a document for each cart, and in one for each tag. Whatever is lost, doubled
// or out of order shows in it.

/** What the tally reads. */
export const everyEvent: Query = { tenant: undefined, filters: [{}] }

/** Appends events of the tenant, keeping these models inline. */
export function appendInline(
  store: EventStore,
  drafts: readonly Draft[],
  models: readonly ProcessorName[] = [carts],
): Promise<Appended> {
  return store.append({ tenant: ours, drafts, inline: inlineOf(drafts, models) })
}

/** What an append does to tallies that are inline. */
export function inlineOf(
  drafts: readonly Draft[],
  models: readonly ProcessorName[] = [carts],
  tenant: string = ours,
): Inline {
  const keys = keysOf(drafts.map((draft) => ({ ...draft, tenant })))
  return {
    models,
    documents: models.flatMap((_, model) => keys.map((key) => ({ ...key, model }))),
    change: (events, kept, before) =>
      [...kept].flatMap((model) =>
        tallied(events, (key) => before({ ...key, model })).map((change) => ({ ...change, model })),
      ),
    own: [],
  }
}

/** What a page of events does to a tally. */
export function pageOf(
  events: readonly StoredEvent[],
  model: ProcessorName = carts,
): Required<Pick<PageWork, 'documents'>> {
  const change = (before: (key: DocumentKey) => Document | undefined) => tallied(events, before)
  return { documents: { model, keys: keysOf(events), change } }
}

/** Follows the log up to where it is settled now, and commits what comes; gives how far it is then. */
export async function catchUp(
  store: EventStore,
  lease: Lease,
  from: Position = lease.position,
): Promise<Position> {
  const { position } = await store.settled()
  let after = from
  while (after < position) {
    const { events, until } = await store.follow(everyEvent, { after, limit: 20 })
    assert.ok(until > after, 'it goes on to where the log is settled')
    await store.ledger.commit({ ...pageOf(events, lease), lease, position: until })
    after = until
  }
  return after
}

/** Makes the tally inline, as soon as it can be. */
export async function turn(store: EventStore, lease: Lease): Promise<void> {
  const handle = (events: readonly StoredEvent[]) => pageOf(events, lease)
  let reached = lease.position
  for (let attempt = 1; ; attempt++) {
    if (await store.ledger.turnInline(lease, everyEvent, handle)) return
    assert.ok(attempt < 1_000, 'it becomes inline')
    reached = await catchUp(store, lease, reached)
    await setImmediate()
  }
}

/** The documents of a tally, in the order of their keys: of each the ids that it lists. */
export async function held(
  store: EventStore,
  model: ProcessorName = carts,
  tenant: string = ours,
): Promise<[key: string, ids: readonly string[]][]> {
  const order = [{ field: 'key', descending: false }] as const
  const selection = { tenant, where: { all: [] }, order, limit: 10_000 }
  const documents = await store.documents.select(model, selection)
  return documents.map(({ key, state }) => [key, JSON.parse(state) as string[]])
}

/** Expects a tally to be what a fold of the log gives. */
export async function complete(
  store: EventStore,
  model: ProcessorName = carts,
  tenant: string = ours,
): Promise<void> {
  const events = await read(store, { tenant, filters: [{}] })
  const expected = tallied(events, () => undefined)
  const order = [{ field: 'key', descending: false }] as const
  const selection = { tenant, where: { all: [] }, order, limit: 10_000 }
  const found = await store.documents.select(model, selection)
  for (const { fields: _, ...document } of expected) {
    const one = found.find(({ key }) => key === document.key)
    assert.deepEqual(one && JSON.parse(one.state), JSON.parse(document.state), document.key)
    assert.deepEqual(one, document)
  }
  assert.equal(found.length, expected.length, 'no document is of no event')
  for (const { fields } of expected.slice(0, 1)) {
    const alike = expected.filter((one) => one.fields[0] === fields[0]).length
    const where = { field: 0, in: fields }
    assert.equal(await store.documents.count(model, { tenant, where }), alike)
  }
}

function keysOf(events: readonly Pick<StoredEvent, 'tenant' | 'stream' | 'tags'>[]): DocumentKey[] {
  const keys = new Map<string, DocumentKey>()
  for (const { tenant, stream, tags } of events)
    for (const key of [stream.id, ...tags]) keys.set(JSON.stringify([tenant, key]), { tenant, key })
  return [...keys.values()]
}

function tallied(
  events: readonly StoredEvent[],
  before: (key: DocumentKey) => Document | undefined,
): DocumentChange[] {
  return keysOf(events).map((key) => {
    const found = before(key)
    const mine = events.filter(
      ({ tenant, stream, tags }) =>
        tenant === key.tenant && (stream.id === key.key || tags.includes(key.key)),
    )
    const listed = [...(found ? (JSON.parse(found.state) as string[]) : []), ...ids(mine)]
    const position = mine.at(-1)?.position ?? NaN
    const fields = [String(listed.length).padStart(6, '0')]
    return { ...key, state: JSON.stringify(listed), position, fields }
  })
}
