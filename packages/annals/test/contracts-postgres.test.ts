import { describe, test } from 'vitest'
import { verify } from '../src/testing/contract.ts'
import { storeContract } from '../src/testing/contracts/store.ts'
import { inSchema } from './postgres-place.ts'

describe('the PostgreSQL store on a pool of pg', () => {
  verify(storeContract, inSchema, { test })
})
