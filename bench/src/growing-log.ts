import { postgres } from 'annals/postgres'
import { newDraft } from './annals-postgres.ts'
import { viewOfReader, viewOfWriter } from './annals-live-view.ts'
import { dcbJournal, dcbPackages } from './dcb-es.ts'
import { deposit } from './account.ts'
import { metadata } from './drafts.ts'
import { newPool, type Where } from './postgres-server.ts'

/** A log that one process appends to and another one follows. */
export interface GrowingLog {
  /** Appends an event, and gives its position. */
  append(): Promise<number>
  /** Hands the position of every event that comes to a handler, until the signal. */
  follow(handle: (position: number) => void, signal: AbortSignal): Promise<void>
  /** Waits until a position that somebody appended at is shown here; of logs whose followers are told. */
  shown?(position: number): Promise<void>
  close(): Promise<void>
}

/** How a log is opened. */
export interface GrowingLogKind {
  readonly name: string
  /** Why it cannot be opened here. */
  readonly missing?: string
  /** Whether its followers are told of each append that was answered, and handle it by looking for it. */
  readonly told?: boolean
  readonly open: (where: Where) => Promise<GrowingLog>
}

/** Annals, followed at its port: woken, it reads what has come. */
export const annalsLog: GrowingLogKind = {
  name: 'Annals',
  open: async ({ url, schema }) => {
    const store = postgres(url, { schema })
    await store.settled() // opened, with its tables
    let n = 0
    return {
      append: async () => {
        const drafts = [newDraft(`account-${process.pid}-${n++}`)]
        return (await store.append({ tenant: '', drafts })).position
      },
      follow: async (handle, signal) => {
        let after = 0 // appends may begin before the first answer comes
        while (!signal.aborted) {
          const until = await store.wake(after, signal)
          const pages = store.read({ tenant: '', filters: [{}] }, { after, until })
          for await (const page of pages)
            for (const { position, data } of page) {
              JSON.parse(data)
              handle(position)
            }
          after = until
        }
      },
      close: () => store.close(),
    }
  },
}

/** dcb-es, whose readers subscribe. */
export const dcbLog: GrowingLogKind = {
  ...dcbJournal,
  open: async ({ url }) => {
    if (typeof dcbPackages === 'string') throw new Error(dcbPackages)
    const [{ Query, SequencePosition, Tags }, { PostgresEventStore }] = dcbPackages
    const pool = newPool(url)
    const store = new PostgresEventStore({ pool })
    await store.ensureInstalled()
    let n = 0
    return {
      append: async () => {
        const tags = Tags.from([`account=account-${process.pid}-${n++}`])
        const events = { type: 'MoneyDeposited', tags, data: deposit, metadata }
        return Number((await store.append({ events })).toString())
      },
      follow: async (handle, signal) => {
        const after = SequencePosition.initial()
        for await (const { position } of store.subscribe(Query.all(), { after, signal }))
          handle(Number(position.toString()))
      },
      close: () => pool.end(),
    }
  },
}

/** All logs, for a process that is told a name. */
export const growingLogs: readonly GrowingLogKind[] = [
  annalsLog,
  dcbLog,
  viewOfReader,
  viewOfWriter,
]
