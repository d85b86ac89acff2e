import { join } from 'node:path'
import { annals, type EventStore } from 'annals'
import { traced } from 'annals/opentelemetry'
import { postgres } from 'annals/postgres'
import { sqlite } from 'annals/sqlite'
import { Account, deposit } from '../account.ts'
import { append } from '../drafts.ts'
import { inPlace } from '../postgres-server.ts'
import type { Contender, Question } from '../question.ts'
import { onePercentTraced } from '../tracing.ts'

const about =
  'One event to a new stream, the same with the store traced by `annals/opentelemetry`: a sampler of 1 %, all metrics, a context ' +
  'manager, and exporters that keep what they are given.'

/** What is done with a store, over and over. */
interface Doing {
  readonly name: string
  readonly stepOf: (store: EventStore) => () => Promise<unknown>
}

const atThePort: Doing = {
  name: 'at the port',
  stepOf: (store) => {
    let n = 0
    return () => store.append(append(`account-${n++}`, 0))
  },
}

const byACommand: Doing = {
  name: 'by a command',
  stepOf: (store) => {
    const app = annals({ store, aggregates: [Account] })
    let n = 0
    return () => app.open(Account, `account-${n++}`).deposit(deposit)
  },
}

interface Kind {
  readonly name: string
  readonly onServer: boolean
  readonly contender: (name: string, of: (store: EventStore) => Opened) => Contender
}

interface Opened {
  readonly step: () => Promise<unknown>
  readonly end?: () => Promise<void>
}

const onSqlite: Kind = {
  name: 'SQLite',
  onServer: false,
  contender: (name, of) => ({
    name,
    open: async (folder) => {
      const store = sqlite(join(folder, 'annals.db'))
      await store.settled() // opened, with its tables
      const { step, end } = of(store)
      return { step, close: () => store.close().then(end) }
    },
  }),
}

const onPostgres: Kind = {
  name: 'PostgreSQL',
  onServer: true,
  contender: (name, of) => ({
    name,
    open: () =>
      inPlace(async ({ url, schema }) => {
        const store = postgres(url, { schema })
        await store.settled() // opened, with its tables
        const { step, end } = of(store)
        return { step, close: () => store.close().then(end) }
      }),
  }),
}

/** What tracing costs. */
export const appendTraced: readonly Question[] = [onSqlite, onPostgres].flatMap((kind) =>
  [atThePort, byACommand].map((doing) => question(kind, doing)),
)

function question({ name, onServer, contender }: Kind, doing: Doing): Question {
  return {
    title: `Append traced on ${name}, ${doing.name}, 32 callers`,
    about,
    unit: 'appends/s',
    callers: 32,
    onServer,
    staysOpen: true,
    baseline: 'Annals',
    contenders: [
      contender('Annals', (store) => ({ step: doing.stepOf(store) })),
      contender('Annals, traced', (store) => {
        const tracing = onePercentTraced()
        const { tracerProvider, meterProvider } = tracing
        const options = {
          ...(tracerProvider && { tracerProvider }),
          ...(meterProvider && { meterProvider }),
        }
        return { step: doing.stepOf(traced(store, options)), end: () => tracing.end() }
      }),
    ],
    targets: [{ contender: 'Annals, traced', against: 'Annals', atLeast: 0.95 }],
  }
}
