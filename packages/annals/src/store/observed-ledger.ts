import { UnavailableError } from '../core/errors.ts'
import type { Lease, Ledger, SliceName, Standing, Tending } from './ledger.ts'
import type { LeaseNote, Observer } from './observer.ts'

/** The same ledger; the observer hears of leases that are claimed, given back or lost. */
export function observedLedger(ledger: Ledger, observer: Observer): Ledger {
  const leases = new Leases(observer)
  return {
    register: (registrations) => ledger.register(registrations),
    tend: async (tending) => {
      const standings = await ledger.tend(tending)
      leases.tended(tending, standings)
      return standings
    },
    claim: async (slices, owner, term) => {
      const claimed = await ledger.claim(slices, owner, term)
      for (const lease of claimed) leases.claimed(lease)
      return claimed
    },
    release: async (given) => {
      await ledger.release(given)
      for (const lease of given) leases.gone(lease, 'released')
    },
    commit: (page) => leases.under(page.lease, () => ledger.commit(page)),
    advance: async (moves) => {
      const refused = await ledger.advance(moves)
      for (const { lease } of refused) leases.gone(lease, 'lost')
      return refused
    },
    turnInline: async (lease, query, handle) => {
      const turned = await leases.under(lease, () => ledger.turnInline(lease, query, handle))
      if (turned) leases.gone(lease, 'released')
      return turned
    },
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
  }
}

/** The leases that this process has: each is told of once when it comes and once when it goes, however many find out. */
class Leases {
  readonly #observer: Observer
  readonly #held = new Map<string, Lease>()

  constructor(observer: Observer) {
    this.#observer = observer
  }

  claimed(lease: Lease): void {
    this.#held.set(keyOf(lease), lease)
    this.#note(lease, 'claimed')
  }

  gone(lease: Lease, change: 'released' | 'lost'): void {
    if (this.#held.get(keyOf(lease))?.token !== lease.token) return
    this.#held.delete(keyOf(lease))
    this.#note(lease, change)
  }

  /** What is done under a lease, which may turn out to be lost. */
  async under<R>(lease: Lease, work: () => Promise<R>): Promise<R> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof UnavailableError && error.code === 'ANNALS_LEASE_LOST')
        this.gone(lease, 'lost')
      throw error
    }
  }

  /** What was to be renewed, and is another's by now. */
  tended({ held, owner }: Tending, standings: readonly Standing[]): void {
    for (const lease of held) {
      const slice = standings
        .find((standing) => standing.name === lease.name && standing.version === lease.version)
        ?.slices.find(({ first }) => first === lease.first)
      if (slice?.owner !== owner || slice.token !== lease.token) this.gone(lease, 'lost')
    }
  }

  #note({ name, version }: Lease, change: LeaseNote['change']): void {
    this.#observer.noted({ kind: 'lease', change, processor: { name, version } })
  }
}

function keyOf({ name, version, first }: SliceName): string {
  return `${name}/${version}/${first}`
}
