import { describe, test } from 'vitest'
import { verify } from '../src/testing/contract.ts'
import { documentsContract } from '../src/testing/contracts/documents.ts'
import { ledgerContract } from '../src/testing/contracts/ledger.ts'
import { storeContract } from '../src/testing/contracts/store.ts'
import { inSchema } from './postgres-place.ts'

describe('the PostgreSQL store on a pool of pg', () => {
  verify(storeContract, inSchema, { test })
  verify(ledgerContract, inSchema, { test })
  verify(documentsContract, inSchema, { test })
})
