import type { DocumentChange } from '../../../src/store/documents.ts'
import type {
  DocumentWork,
  Inline,
  Lease,
  Ledger,
  Overview,
  Page,
  Parking,
  Registration,
  SliceName,
  SliceStanding,
  Standing,
} from '../../../src/store/ledger.ts'
import type { EventStore } from '../../../src/store/store.ts'
import type { StoreOptions } from '../../../src/testing/contracts/store/scene.ts'
import { appending, omit } from '../ways.ts'
import type { Mutate } from '../ways.ts'

/** Breaks one mechanism of a ledger: gives what is to be put in place of its own methods. */
type Spoil = (ledger: Ledger, store: EventStore, options: StoreOptions) => Partial<Ledger>

/** Puts a ledger in place of which one mechanism is broken. */
export function spoiling(spoil: Spoil): Mutate {
  return (store, options) => {
    const { ledger } = store
    return {
      ledger: {
        register: (registrations) => ledger.register(registrations),
        tend: (tending) => ledger.tend(tending),
        claim: (slices, owner, term) => ledger.claim(slices, owner, term),
        release: (leases) => ledger.release(leases),
        commit: (page) => ledger.commit(page),
        advance: (moves) => ledger.advance(moves),
        turnInline: (lease, query, handle) => ledger.turnInline(lease, query, handle),
        recut: (processor) => ledger.recut(processor),
        goLive: (processor, reached) => ledger.goLive(processor, reached),
        compareTables: (from, to, limit) => ledger.compareTables(from, to, limit),
        drop: (processor) => ledger.drop(processor),
        overview: (processors) => ledger.overview(processors),
        pause: (processor, paused) => ledger.pause(processor, paused),
        queues: (lease) => ledger.queues(lease),
        due: (lease, limit) => ledger.due(lease, limit),
        parked: (of) => ledger.parked(of),
        request: (parked, request) => ledger.request(parked, request),
        ...spoil(ledger, store, options),
      },
    }
  }
}

/** Spoils a ledger that knows the newest lease of each slice, whichever it is shown. */
export function recalling(
  spoil: (
    ledger: Ledger,
    newest: (lease: Lease) => Lease,
    options: StoreOptions,
  ) => Partial<Ledger>,
): Mutate {
  return spoiling((ledger, _, options) => {
    const given = new Map<string, Lease>()
    return {
      async claim(slices, owner, term) {
        const leases = await ledger.claim(slices, owner, term)
        for (const lease of leases) given.set(sliceOf(lease), lease)
        return leases
      },
      ...spoil(ledger, (lease) => given.get(sliceOf(lease)) ?? lease, options),
    }
  })
}

/** Tells slices apart. */
export function sliceOf({ name, version, first }: SliceName): string {
  return `${name} ${version} ${first}`
}

/** Changes what is registered. */
export function registering(change: (registration: Registration) => Registration): Mutate {
  return spoiling((ledger) => ({
    register: (registrations) => ledger.register(registrations.map(change)),
  }))
}

/** Changes the pages that are committed. */
export function committing(change: (page: Page) => Page): Mutate {
  return spoiling((ledger) => ({ commit: (page) => ledger.commit(change(page)) }))
}

/** Changes what pages do to documents. */
export function working(change: (work: DocumentWork) => DocumentWork): Mutate {
  return committing((page) =>
    page.documents ? { ...page, documents: change(page.documents) } : page,
  )
}

/** Changes the documents that pages write. */
export function writing(change: (document: DocumentChange) => DocumentChange): Mutate {
  return working((work) => ({ ...work, change: (before) => work.change(before).map(change) }))
}

/** Changes what is put aside. */
export function parking(change: (parked: Parking) => Parking): Mutate {
  return committing((page) =>
    page.parks ? { ...page, parks: page.parks.map((parked) => change(parked)) } : page,
  )
}

/** Changes how slices are told to stand. */
export function telling(change: (slice: SliceStanding, of: Standing) => SliceStanding): Mutate {
  const told = <Told extends Standing>(of: Told): Told => ({
    ...of,
    slices: of.slices.map((slice) => change(slice, of)),
  })
  return spoiling((ledger) => ({
    tend: async (tending) => (await ledger.tend(tending)).map(told),
    overview: async (processors) => (await ledger.overview(processors)).map(told),
  }))
}

/** Changes what is told to those who look. */
export function overlooking(change: (overview: Overview) => Overview): Mutate {
  return spoiling((ledger) => ({
    overview: async (processors) => (await ledger.overview(processors)).map(change),
  }))
}

/** Changes what appends do to models that are inline. */
export function inlining(change: (inline: Inline) => Inline): Mutate {
  return appending((append) => ({
    ...omit(append, 'inline'),
    ...(append.inline && { inline: change(append.inline) }),
  }))
}
