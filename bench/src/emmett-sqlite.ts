import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { EventStore, ReadEventMetadataWithGlobalPosition } from '@event-driven-io/emmett'
import type { Contender, Crew, Subject } from './question.ts'

/** The subset of `@event-driven-io/emmett-sqlite` that is called. */
interface Package {
  getSQLiteEventStore(options: {
    readonly fileName: string
    readonly connectionOptions?: { readonly singleton: true; readonly connection: Connection }
  }): EmmettStore
  sqliteConnection(options: { readonly fileName: string }): Connection
}

interface Connection {
  querySingle(sql: string): Promise<unknown>
  close(): void
}

/** Emmett's store on SQLite. */
export interface EmmettStore extends EventStore<ReadEventMetadataWithGlobalPosition> {
  readonly schema: { migrate(): Promise<void> }
  consumer(options: {
    readonly pulling: { readonly batchSize: number; readonly pullingFrequencyInMs: number }
  }): EmmettConsumer
}

interface EmmettConsumer {
  processor(options: {
    readonly processorId: string
    readonly eachMessage: () => void
    readonly stopAfter: () => boolean
  }): unknown
  start(): Promise<void>
}

/** What a contender does on a new store. */
type Doing = Pick<Subject, 'step'> | Pick<Crew, 'work'>

const folder = new URL('../peers/package.json', import.meta.url)

/**
 * Emmett on SQLite, in both of its settings: it opens the file for every call, or it is given one
 * connection to keep, which is faster.
 */
export function emmettSqlite(
  begin: (store: EmmettStore) => Promise<Doing>,
): readonly [asItComes: Contender, kept: Contender] {
  const found = load()
  if (typeof found === 'string') {
    const open = () => Promise.reject(new Error(found))
    const names = ['Emmett SQLite', 'Emmett SQLite, connection kept'] as const
    const [asItComes, kept] = names.map((name) => ({ name, missing: found, open }))
    return [asItComes as Contender, kept as Contender]
  }
  const started = async (store: EmmettStore, close: () => void) => {
    const loud = silence()
    await store.schema.migrate()
    const done = () => {
      loud()
      close()
    }
    return { ...(await begin(store)), close: done }
  }
  return [
    {
      name: 'Emmett SQLite',
      open: async (at) => {
        const fileName = join(at, 'emmett.db')
        const first = found.sqliteConnection({ fileName })
        await writeAhead(first)
        first.close()
        return started(found.getSQLiteEventStore({ fileName }), () => {})
      },
    },
    {
      name: 'Emmett SQLite, connection kept',
      open: async (at) => {
        const fileName = join(at, 'emmett.db')
        const connection = found.sqliteConnection({ fileName })
        await writeAhead(connection)
        const connectionOptions = { singleton: true, connection } as const
        return started(found.getSQLiteEventStore({ fileName, connectionOptions }), () =>
          connection.close(),
        )
      },
    },
  ]
}

// Emmett asks for the write-ahead log and does not wait for it, so that now and then it has none
async function writeAhead(connection: Connection): Promise<void> {
  const answers = [
    await connection.querySingle('pragma journal_mode = wal'),
    await connection.querySingle('pragma synchronous'),
  ]
  const [mode, flush] = answers.map((row) => Object.values(row as object)[0] as unknown)
  if (mode !== 'wal' || flush !== 2) throw new Error(`Emmett has ${String(mode)}, ${String(flush)}`)
}

function load(): Package | string {
  try {
    // it has a folder of its own, and `Package` says what is called of it
    return createRequire(folder)('@event-driven-io/emmett-sqlite') as Package
  } catch {
    return 'peer not installed; `npm run peers --workspace bench` installs it, and compiles its driver'
  }
}

// Emmett prints every error of an append, with its stack
function silence(): () => void {
  const { log } = console
  console.log = () => {}
  return () => {
    console.log = log
  }
}
