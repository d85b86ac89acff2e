import { memory } from 'annals'
import { InMemoryEventStorageAdapter } from '@castore/event-storage-adapter-in-memory'
import { getInMemoryEventStore } from '@event-driven-io/emmett'
import { accountOf, deposit, fewEvents } from '../account.ts'
import { append } from '../drafts.ts'
import { moneyDeposited } from '../emmett-account.ts'
import type { Contender, Question } from '../question.ts'

/** An append at the port of a memory store: no schema, no fold. */
export const appendOnMemory: readonly Question[] = [
  {
    title: 'Append on memory, streams of a few events',
    about: about(`Streams have 0 to ${fewEvents - 1} events before.`),
    ...contest(fewEvents),
  },
  {
    title: 'Append on memory, new streams',
    about: about('Every append begins a stream.'),
    ...contest(1),
  },
]

function about(streams: string): string {
  return (
    `One event, at the version its stream must have; nobody checks a schema. ${streams} Annals takes JSON ` +
    'text, makes a new event id for each, and keeps an index by it; the others keep the objects they are given, ' +
    'castore without ids and without an order over all streams.'
  )
}

function contest(eventsEach: number): Omit<Question, 'title' | 'about'> {
  return {
    unit: 'appends/s',
    baseline: 'castore',
    contenders: [annalsStore(eventsEach), castore(eventsEach), emmett(eventsEach)],
    targets: [{ contender: 'Annals', against: 'castore', atLeast: 1 }],
  }
}

function annalsStore(eventsEach: number): Contender {
  return {
    name: 'Annals',
    open: async () => {
      const store = memory()
      let n = 0
      return {
        step: () => {
          const version = n % eventsEach
          return store.append(append(accountOf(n++, eventsEach), version))
        },
        close: () => store.close(),
      }
    },
  }
}

function castore(eventsEach: number): Contender {
  return {
    name: 'castore',
    open: async () => {
      const adapter = new InMemoryEventStorageAdapter()
      let n = 0
      return {
        step: () => {
          const version = (n % eventsEach) + 1
          const aggregateId = accountOf(n++, eventsEach)
          const event = { aggregateId, version, type: 'MoneyDeposited', payload: deposit }
          return adapter.pushEvent(event, { eventStoreId: 'account' })
        },
        close: () => {},
      }
    },
  }
}

function emmett(eventsEach: number): Contender {
  return {
    name: 'Emmett',
    open: async () => {
      const store = getInMemoryEventStore()
      let n = 0
      return {
        step: () => {
          const expectedStreamVersion = BigInt(n % eventsEach)
          const account = accountOf(n++, eventsEach)
          return store.appendToStream(account, [moneyDeposited], { expectedStreamVersion })
        },
        close: () => {},
      }
    },
  }
}
