import { describe, test } from 'vitest'
import { verify } from '../src/testing/contract.ts'
import { documentsContract } from '../src/testing/contracts/documents.ts'
import { ledgerContract } from '../src/testing/contracts/ledger.ts'
import { storeContract } from '../src/testing/contracts/store.ts'
import { onPostgresJs } from './postgres-place.ts'

describe('the PostgreSQL store on postgres.js', () => {
  verify(storeContract, onPostgresJs, { test })
  verify(ledgerContract, onPostgresJs, { test })
  verify(documentsContract, onPostgresJs, { test })
})
