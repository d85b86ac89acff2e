import type { Ledger } from '../../../src/store/ledger.ts'
import type { EventStore } from '../../../src/store/store.ts'
import type { Footsteps } from './footsteps.ts'

/** The calls of the ports between which a process may end. */
export const portSteps = [
  'register',
  'tend',
  'claim',
  'queues',
  'due',
  'follow',
  'commit',
  'advance',
  'turnInline',
  'release',
  'append',
] as const

/** A store that does the same, call by call under the eyes of `footsteps`. */
export function watched<Store extends EventStore>(store: Store, footsteps: Footsteps): Store {
  const ledger = stepping(store.ledger, footsteps)
  return new Proxy(stepping(store, footsteps), {
    get: (target, name) => (name === 'ledger' ? ledger : (Reflect.get(target, name) as unknown)),
  })
}

function stepping<Port extends object>(port: Port, footsteps: Footsteps): Port {
  const steps: ReadonlySet<string | symbol> = new Set(portSteps)
  return new Proxy(port, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      // private fields are the target's own
      const method = member.bind(target) as (...given: unknown[]) => unknown
      if (typeof name === 'symbol' || !steps.has(name)) return method
      return (...given: unknown[]) => footsteps.take(name, () => method(...given))
    },
  })
}

/** Mechanisms taken out of a ledger, by what it does without. */
export const ledgerMutants = {
  'moves the checkpoint before the page': (ledger) => ({
    commit: async (page) => {
      await ledger.advance([page])
      return ledger.commit(page)
    },
  }),

  'moves the checkpoint after the page': (ledger) => ({
    commit: async (page) => {
      const done = await ledger.commit({ ...page, position: page.lease.position })
      await ledger.advance([page])
      return done
    },
  }),

  'forgets what is parked': () => ({ queues: async () => [] }),
} satisfies Readonly<Record<string, (ledger: Ledger) => Partial<Ledger>>>

/** The name of a mechanism that is missing. */
export type LedgerMutant = keyof typeof ledgerMutants

/** A store whose ledger lacks a mechanism. */
export function without<Store extends EventStore>(store: Store, mutant: LedgerMutant): Store {
  const changed: Partial<Ledger> = ledgerMutants[mutant](store.ledger)
  const ledger = new Proxy(store.ledger, {
    get: (target, name) => Reflect.get(name in changed ? changed : target, name) as unknown,
  })
  return new Proxy(store, {
    get: (target, name) => (name === 'ledger' ? ledger : (Reflect.get(target, name) as unknown)),
  })
}
