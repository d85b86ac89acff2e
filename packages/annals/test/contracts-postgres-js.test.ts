import { describe, test } from 'vitest'
import { verify } from '../src/testing/contract.ts'
import { storeContract } from '../src/testing/contracts/store.ts'
import { onPostgresJs } from './postgres-place.ts'

describe('the PostgreSQL store on postgres.js', () => {
  verify(storeContract, onPostgresJs, { test })
})
