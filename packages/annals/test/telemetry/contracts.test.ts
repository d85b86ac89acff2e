import { DatabaseSync } from 'node:sqlite'
import { memory } from 'annals'
import { traced } from 'annals/opentelemetry'
import { sqlite } from 'annals/sqlite'
import { describe, test } from 'vitest'
import { verify } from '../../src/testing/contract.ts'
import { documentsContract } from '../../src/testing/contracts/documents.ts'
import { ledgerContract } from '../../src/testing/contracts/ledger.ts'
import { storeContract } from '../../src/testing/contracts/store.ts'
import { inFile, type OpenFile } from '../places.ts'
import { collecting } from './instruments.ts'

// A store that is traced keeps every promise of one that is not.

describe('the store in memory, traced', () => {
  const open = (...options: Parameters<typeof memory>) =>
    traced(memory(...options), collecting().options)
  verify(storeContract, () => ({ open }), { test })
  verify(ledgerContract, () => ({ open }), { test })
  verify(documentsContract, () => ({ open }), { test })
})

describe('the SQLite store in a file, traced', () => {
  const open: OpenFile = (path, options) => traced(sqlite(path, options), collecting().options)
  verify(storeContract, () => inFile(open, DatabaseSync), { test })
  verify(ledgerContract, () => inFile(open, DatabaseSync), { test })
  verify(documentsContract, () => inFile(open, DatabaseSync), { test })
})
