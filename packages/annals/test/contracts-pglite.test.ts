import { PGlite, type Transaction } from '@electric-sql/pglite'
import { afterAll, describe, test } from 'vitest'
import { postgres } from '../src/adapters/postgres/index.ts'
import { verify } from '../src/testing/contract.ts'
import { documentsContract } from '../src/testing/contracts/documents.ts'
import { ledgerContract } from '../src/testing/contracts/ledger.ts'
import { storeContract } from '../src/testing/contracts/store.ts'
import type { StorePlace } from '../src/testing/contracts/store/scene.ts'
import { held, type HeldTransaction } from './held-transaction.ts'
import { newSchema, runOnPostgres } from './postgres-place.ts'

const pglite = new PGlite()

afterAll(() => pglite.close())

/** A place in a schema of its own. */
async function inPglite(): Promise<StorePlace> {
  const schema = newSchema()
  const callers: HeldTransaction<Transaction>[] = []
  return {
    open: (options) => postgres(pglite, { schema, timeout: '5s', ...options }),
    begin: async () => {
      const caller = await held<Transaction>((work) => pglite.transaction(work))
      callers.push(caller)
      return { ...caller, tx: caller.tx as never }
    },
    run: runOnPostgres,
    shared: true,
    cycles: 200,
    async remove() {
      for (const caller of callers) await caller.rollback()
      await pglite.exec(`drop schema if exists "${schema}" cascade`)
    },
  }
}

const oneConnection = 'it has one connection, on which nothing else runs beside an open transaction'

describe('the PostgreSQL store on PGlite', () => {
  const except = {
    'an append in a transaction of the caller is there when that commits': oneConnection,
    'a transaction sees what it has written, and nobody else does': oneConnection,
    'no follower passes an append whose transaction is open': oneConnection,
  }
  verify(storeContract, inPglite, { test, except })
  verify(documentsContract, inPglite, { test })
  verify(ledgerContract, inPglite, {
    test,
    except: {
      'nobody else sees a document before the transaction of its append commits': oneConnection,
    },
  })
})
