import { inPlace, type Place, type Where } from './postgres-server.ts'
import type { Contender } from './question.ts'

/** A store on PostgreSQL, that of Annals or a peer's, as far as the questions use it. */
export interface Journal {
  /** Appends deposits to a stream that has `version` events. */
  append(stream: string, version: number, deposits: number): Promise<unknown>
  /** Reads a stream and folds it: how many deposits it has. */
  load?(stream: string): Promise<number>
  /** Reads everything in the order of the log, with its JSON parsed: how many events each page has. */
  pages?(size: number): AsyncGenerator<number>
  close(): Promise<void>
}

/** How a journal is opened, with its tables in a schema of its own. */
export interface JournalKind {
  readonly name: string
  /** Why it cannot be opened here. */
  readonly missing?: string
  readonly open: (where: Where) => Promise<Journal>
}

/** A journal of a package that may not be there. */
export function peerJournal<Package>(
  name: string,
  found: Package | string,
  open: (found: Package, where: Where) => Promise<Journal>,
): JournalKind {
  return typeof found === 'string'
    ? { name, missing: found, open: () => Promise.reject(new Error(found)) }
    : { name, open: (where) => open(found, where) }
}

/** What a contender does on its journal. */
interface Stepping {
  readonly step: () => unknown
  /** Ends what a step has left open. */
  readonly stop?: () => Promise<unknown>
}

/** A contender with a schema of its own; `prepare` fills its journal. */
export function onJournal(
  { name, missing, open }: JournalKind,
  prepare: (journal: Journal, place: Place) => Promise<Stepping>,
): Contender {
  return {
    name,
    ...(missing !== undefined && { missing }),
    open: () =>
      inPlace(async (place) => {
        const journal = await open(place)
        const { step, stop } = await prepare(journal, place)
        await place.analyze()
        return {
          step,
          close: async () => {
            await stop?.()
            await journal.close()
          },
        }
      }),
  }
}
