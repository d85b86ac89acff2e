import { DatabaseSync } from 'node:sqlite'
import Database from 'better-sqlite3'
import { describe, test } from 'vitest'
import { memory } from '../src/adapters/memory/index.ts'
import { sqlite } from '../src/adapters/sqlite/index.ts'
import type { EventStore } from '../src/store/store.ts'
import { verify } from '../src/testing/contract.ts'
import { documentsContract } from '../src/testing/contracts/documents.ts'
import { ledgerContract } from '../src/testing/contracts/ledger.ts'
import { joiningPromises } from '../src/testing/contracts/ledger/joining.ts'
import { storeContract } from '../src/testing/contracts/store.ts'
import type { StoreOptions, StorePromises } from '../src/testing/contracts/store/scene.ts'
import { transactionPromises } from '../src/testing/contracts/store/transactions.ts'
import { inFile, runOnSqlite, type OpenFile } from './places.ts'

describe('the store in memory', () => {
  verify(storeContract, () => ({ open: memory }), { test })
  verify(ledgerContract, () => ({ open: memory }), { test })
  verify(documentsContract, () => ({ open: memory }), { test })
})

describe('the SQLite store in a file', () => {
  const open: OpenFile = (path, options) => sqlite(path, options)
  verify(storeContract, () => inFile(open, DatabaseSync), { test })
  verify(ledgerContract, () => inFile(open, DatabaseSync), { test })
  verify(documentsContract, () => inFile(open, DatabaseSync), { test })
})

describe('the SQLite store in memory', () => {
  const excepting = (promises: StorePromises) =>
    Object.fromEntries(
      Object.keys(promises).map((sentence) => [sentence, 'no other connection sees it']),
    )
  const place = () => ({ open: inMemory, run: runOnSqlite, cycles: 1_000 })
  verify(storeContract, place, { test, except: excepting(transactionPromises) })
  verify(ledgerContract, place, { test, except: excepting(joiningPromises) })
  verify(documentsContract, place, { test })
})

describe('the SQLite store on better-sqlite3', () => {
  verify(storeContract, () => inFile(onBetterSqlite3, Database), { test })
  verify(ledgerContract, () => inFile(onBetterSqlite3, Database), { test })
  verify(documentsContract, () => inFile(onBetterSqlite3, Database), { test })
})

function inMemory(options: StoreOptions): EventStore {
  return sqlite(':memory:', options)
}

/** A store on a database of the test's own, which is closed after it. */
function onBetterSqlite3(path: string, options: StoreOptions): EventStore {
  const database = new Database(path)
  const store = sqlite(database, options)
  const finish = store.close.bind(store)
  const close = () => finish().then(() => void database.close())
  return Object.assign(store, { close, [Symbol.asyncDispose]: close })
}
