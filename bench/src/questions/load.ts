import { join } from 'node:path'
import { annals, memory, type EventStore } from 'annals'
import { sqlite, type SqliteDatabase } from 'annals/sqlite'
import { getInMemoryEventStore } from '@event-driven-io/emmett'
import { Account, type Deposit } from '../account.ts'
import { BareSqlite } from '../bare-sqlite.ts'
import { draft } from '../drafts.ts'
import { evolve, initialState, moneyDeposited, type MoneyDeposited } from '../emmett-account.ts'
import { emmettSqlite } from '../emmett-sqlite.ts'
import type { Contender, Question } from '../question.ts'

const length = 1_000
const id = 'account-1'

/** Loading an aggregate with a long history. */
export const load: readonly Question[] = [
  {
    title: 'Load 1,000 events on SQLite',
    about:
      'Reads and folds a stream of 1,000 events. Annals parses each with zod and gives its fold whole events; ' +
      'the bare read takes the same columns by one prepared statement, as arrays, parses the data with ' +
      '`JSON.parse`, and adds up; Emmett (`aggregateStream`) checks nothing.',
    unit: 'events/s',
    eventsPerOperation: length,
    baseline: 'bare read',
    contenders: [
      annalsApp((folder) => sqlite(join(folder, 'annals.db'))),
      bareRead(),
      ...emmettSqlite(async (store) => {
        await store.appendToStream(id, stream)
        const options = { evolve, initialState }
        return {
          step: () => store.aggregateStream<State, MoneyDeposited>(id, options).then(checked),
        }
      }),
    ],
    targets: [
      { contender: 'Annals', against: 'bare read', atLeast: 0.55 },
      { contender: 'Annals', against: 'Emmett SQLite, connection kept', atLeast: 1.4 },
      { contender: 'Annals', against: 'Emmett SQLite', atLeast: 1.4 },
    ],
  },
  {
    title: 'Load 1,000 events on memory',
    about:
      'The same on memory. Annals keeps JSON text, and parses it and then the schema (zod) on every load; ' +
      'Emmett keeps objects, and parses nothing.',
    unit: 'events/s',
    eventsPerOperation: length,
    baseline: 'Emmett',
    contenders: [annalsApp(() => memory()), emmettMemory()],
  },
]

type State = ReturnType<typeof initialState>

const stream = Array.from({ length }, () => moneyDeposited)

function annalsApp(open: (folder: string) => EventStore<SqliteDatabase>): Contender {
  return {
    name: 'Annals',
    open: async (folder) => {
      const store = open(folder)
      await store.append({ tenant: '', drafts: Array.from({ length }, () => draft(id)) })
      const app = annals({ store, aggregates: [Account] })
      return {
        step: () => app.load(Account, id).then(checked),
        close: () => app.close(),
      }
    },
  }
}

function bareRead(): Contender {
  return {
    name: 'bare read',
    open: async (folder) => {
      const bare = new BareSqlite(folder)
      bare.append(
        Array.from({ length }, () => draft(id)),
        1,
      )
      return {
        step: () => {
          let state = initialState()
          for (const [, , , type, , data] of bare.read('account', id))
            if (type === 'MoneyDeposited')
              state = evolve(state, { ...moneyDeposited, data: JSON.parse(data) as Deposit })
          checked({ state })
        },
        close: () => {
          bare.close()
        },
      }
    },
  }
}

function emmettMemory(): Contender {
  return {
    name: 'Emmett',
    open: async () => {
      const store = getInMemoryEventStore()
      await store.appendToStream(id, stream)
      return {
        step: () =>
          store.aggregateStream<State, MoneyDeposited>(id, { evolve, initialState }).then(checked),
        close: () => {},
      }
    },
  }
}

// who folds fewer events would be the fastest
function checked({ state }: { readonly state: State }): void {
  if (state.deposits !== length) throw new Error(`folded ${state.deposits} events, not ${length}`)
}
