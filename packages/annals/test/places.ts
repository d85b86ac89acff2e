import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SqliteDatabase, SqliteTransaction } from '../src/adapters/sqlite/index.ts'
import type { EventStore } from '../src/store/store.ts'
import type { StoreOptions, StorePlace } from '../src/testing/contracts/store/scene.ts'

/** Opens a store on a file. */
export type OpenFile = (path: string, options: StoreOptions) => EventStore

/** A place in a file of its own, which several stores may open, and connections of a driver's class. */
export async function inFile(
  open: OpenFile,
  Driver: new (path: string) => SqliteDatabase,
): Promise<StorePlace> {
  const folder = await mkdtemp(join(tmpdir(), 'annals-'))
  const path = join(folder, 'events.db')
  const callers: SqliteDatabase[] = []
  return {
    open: (options) => open(path, options),
    begin: () => {
      const database = new Driver(path)
      callers.push(database)
      database.exec('begin immediate')
      return {
        tx: database as never, // the contract hands it back to the stores that `open` made
        commit: () => void database.exec('commit'),
        rollback: () => void database.exec('rollback'),
      }
    },
    run: runOnSqlite,
    shared: true,
    cycles: 500,
    async remove() {
      for (const database of callers) database.close()
      await rm(folder, { recursive: true })
    },
  }
}

/** Runs a statement in a transaction of a projection. */
export function runOnSqlite(tx: unknown, statement: string): readonly unknown[] {
  const transaction = tx as SqliteTransaction // which is what the stores give
  if (/^\s*select/.test(statement)) return transaction.all(statement)
  transaction.run(statement)
  return []
}
