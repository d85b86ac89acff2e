import { describe, test } from 'vitest'
import { verify } from '../src/testing/contract.ts'
import { storeContract } from '../src/testing/contracts/store.ts'
import { atUrl } from './postgres-place.ts'

describe('the PostgreSQL store at a URL', () => {
  verify(storeContract, atUrl, { test })
})
