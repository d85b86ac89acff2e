import { describe, test } from 'vitest'
import { verify } from '../src/testing/contract.ts'
import { documentsContract } from '../src/testing/contracts/documents.ts'
import { ledgerContract } from '../src/testing/contracts/ledger.ts'
import { storeContract } from '../src/testing/contracts/store.ts'
import { atUrl } from './postgres-place.ts'

describe('the PostgreSQL store at a URL', () => {
  verify(storeContract, atUrl, { test })
  verify(ledgerContract, atUrl, { test })
  verify(documentsContract, atUrl, { test })
})
