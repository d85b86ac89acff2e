import { join } from 'node:path'
import { sqlite } from 'annals/sqlite'
import { BareSqlite } from '../bare-sqlite.ts'
import { append, draft } from '../drafts.ts'
import { moneyDeposited } from '../emmett-account.ts'
import { emmettSqlite } from '../emmett-sqlite.ts'
import type { Contender, Question } from '../question.ts'

const about =
  'One event to a new stream, flushed to the disk (WAL, `synchronous = full`), at the port: JSON text in, no ' +
  'schema. The bare loop on `node:sqlite` writes the same columns into the same tables, with prepared ' +
  'statements and a transaction for each append; it looks for no event id, checks no version, and gives ' +
  'nothing back.'

const annalsStore: Contender = {
  name: 'Annals',
  open: async (folder) => {
    const store = sqlite(join(folder, 'annals.db'))
    await store.settled() // opened, with its tables
    let n = 0
    return { step: () => store.append(append(`account-${n++}`, 0)), close: () => store.close() }
  },
}

const bareLoop: Contender = {
  name: 'bare loop',
  open: async (folder) => {
    const bare = new BareSqlite(folder)
    let n = 0
    return {
      step: () => {
        bare.append([draft(`account-${n++}`)], 1)
      },
      close: () => {
        bare.close()
      },
    }
  },
}

const [emmett, emmettKept] = emmettSqlite(async (store) => {
  let n = 0
  return {
    step: () =>
      store.appendToStream(`account-${n++}`, [moneyDeposited], { expectedStreamVersion: 0n }),
  }
})

const emmettFails: Contender = {
  ...emmett,
  missing: emmett.missing ?? 'with 32 callers its appends fail, and then the process ends',
}

/** A durable append on SQLite. */
export const appendOnSqlite: readonly Question[] = [
  {
    title: 'Append on SQLite, one caller',
    about,
    unit: 'appends/s',
    baseline: 'bare loop',
    contenders: [annalsStore, bareLoop, emmett, emmettKept],
    targets: [{ contender: 'Annals', against: 'bare loop', atLeast: 0.85 }],
  },
  {
    title: 'Append on SQLite, 32 callers',
    about:
      `${about} The bare loop is synchronous, so callers change nothing for it. Emmett that opens the file ` +
      "for every call rolls back the transactions of others, and leaves its driver's error event without a " +
      'listener; on one kept connection its calls share a transaction, and answer before it is committed.',
    unit: 'appends/s',
    callers: 32,
    baseline: 'bare loop',
    contenders: [annalsStore, bareLoop, emmettFails, emmettKept],
    targets: [{ contender: 'Annals', against: 'bare loop', atLeast: 3 }],
  },
]
