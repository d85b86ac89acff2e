import assert from 'node:assert/strict'
import type { DocumentChange, DocumentKey } from '../../../store/documents.ts'
import type {
  Lease,
  Overview,
  Page,
  PageDone,
  PageWork,
  ParkedName,
  Parking,
  ProcessorName,
  QueueName,
  Registration,
} from '../../../store/ledger.ts'
import { hashOf } from '../../../store/slices.ts'
import type { EventStore, Position } from '../../../store/store.ts'
import { tenant } from '../store/vocabulary.ts'

/** The view that promises are tried with. */
export const carts: ProcessorName = { name: 'carts', version: '1' }

/** How long leases hold, in milliseconds: half a minute. */
export const term = 30_000

/** A view to be registered: with one slice from the beginning of the log, following it. */
export function view(change: Partial<Registration> = {}): Registration {
  return { ...carts, kind: 'view', slices: 1, from: 0, inline: false, fields: 1, ...change }
}

/** How a processor stands. */
export async function standing(
  store: EventStore,
  { name, version }: ProcessorName = carts,
): Promise<Overview> {
  const [found, ...more] = await store.ledger.overview([{ name, version }])
  assert.ok(found && more.length === 0, `${name} ${version} is known`)
  return found
}

/** The checkpoints of a processor, in the order of its slices. */
export async function checkpoints(
  store: EventStore,
  processor: ProcessorName = carts,
): Promise<Position[]> {
  const { slices } = await standing(store, processor)
  return slices.map(({ position }) => position)
}

/** Claims the first slice of a processor, expecting to get it. */
export async function take(
  store: EventStore,
  owner: string,
  { name, version }: ProcessorName = carts,
): Promise<Lease> {
  const [lease, ...more] = await store.ledger.claim([{ name, version, first: 0 }], owner, term)
  assert.ok(lease && more.length === 0, `${owner} gets the slice`)
  return lease
}

/** Claims the first slice of a processor, expecting that somebody has it. */
export async function untaken(store: EventStore, owner: string): Promise<void> {
  assert.deepEqual(await store.ledger.claim([{ ...carts, first: 0 }], owner, term), [])
}

/** Registers the view, and takes its slice. */
export async function begun(store: EventStore): Promise<Lease> {
  await store.ledger.register([view()])
  return take(store, 'a')
}

/** Commits a page of these works. */
export function commit(
  store: EventStore,
  lease: Lease,
  work: Partial<Page> = {},
): Promise<PageDone> {
  return store.ledger.commit({ position: lease.position, ...work, lease })
}

/** A document of the tenant. */
export function key(name: string): DocumentKey {
  return { tenant, key: name }
}

/** A document of the tenant as it is to be, with one field. */
export function document(name: string, change: Partial<DocumentChange> = {}): DocumentChange {
  return { ...key(name), state: '{}', position: 1, fields: [''], ...change }
}

/** Work that writes documents of the view, whatever was there. */
export function writing(...changes: readonly DocumentChange[]): PageWork {
  return { documents: { model: carts, keys: changes, change: () => changes } }
}

/** A queue of the tenant. */
export function queue(name: string): QueueName {
  return { tenant, queue: name }
}

/** A queue of the tenant whose hash is within a range. */
export function queueWithin(first: number, last: number): QueueName {
  for (let index = 0; ; index++) {
    const found = queue(`q${index}`)
    if (hashOf(found) >= first && hashOf(found) <= last) return found
  }
}

/** An event that was tried once, to be put aside until somebody asks for it. */
export function parking(
  of: QueueName | string,
  position: Position,
  change: Partial<Parking> = {},
): Parking {
  const name = typeof of === 'string' ? queue(of) : of
  const eventId = crypto.randomUUID()
  return { ...name, hash: hashOf(name), position, eventId, type: 'Added', attempts: 1, ...change }
}

/** An event that only waits behind another of its queue. */
export function waiting(of: QueueName | string, position: Position): Parking {
  return parking(of, position, { attempts: 0 })
}

/** Work that puts events aside. */
export function parks(...parked: readonly Parking[]): Pick<Page, 'parks'> {
  return { parks: parked }
}

/** Work that is done with parked events. */
export function settles(
  ...names: readonly (QueueName & { position: Position })[]
): Pick<Page, 'settles'> {
  return { settles: names }
}

/** The positions of what is due in a slice. */
export async function due(store: EventStore, lease: Lease, limit = 100): Promise<Position[]> {
  return positions(await store.ledger.due(lease, limit))
}

/** A parked event of the view. */
export function named(of: string, position: Position): ParkedName {
  return { ...carts, ...queue(of), position }
}

/** The positions of what is in a list, in its order. */
export function positions(list: readonly { readonly position: Position }[]): Position[] {
  return list.map(({ position }) => position)
}

/** As long as a name may be, and of a kind that cannot be compressed. */
export function longest(): string {
  let text = ''
  while (text.length < 1_000) text += crypto.randomUUID().replaceAll('-', '')
  return text.slice(0, 1_000)
}
