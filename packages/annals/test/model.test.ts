import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { memory } from '../src/adapters/memory/index.ts'
import { sqlite } from '../src/adapters/sqlite/index.ts'
import type { EventStore } from '../src/store/store.ts'
import type { StoreOptions } from '../src/testing/contracts/store/scene.ts'
import { operations } from './model/operations.ts'
import { Run } from './model/run.ts'
import { broken, mutants } from './mutants.ts'

/** Runs random operations on stores and on the reference; fast-check prints the seed where they differ. */
async function model(
  open: (options: StoreOptions) => readonly EventStore[],
  numRuns: number,
): Promise<void> {
  const property = fc.asyncProperty(operations, async (steps) => {
    const run = new Run(open)
    try {
      for (const { act } of steps) await act(run)
      await run.read({ tenant: undefined, filters: [{}] }, {})
    } finally {
      await run.close()
    }
  })
  await fc.assert(property, { numRuns })
}

test('the store in memory does what the reference does', async () => {
  await expect(model((options) => [memory(options)], 500)).resolves.toBeUndefined()
})

test('the SQLite store in memory does what the reference does', async () => {
  const open = (options: StoreOptions) => [sqlite(':memory:', options)]
  await expect(model(open, 200)).resolves.toBeUndefined()
})

test('two SQLite stores on one file do together what the reference does', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'annals-'))
  let file = 0
  const open = (options: StoreOptions) => {
    const path = join(folder, `${++file}.db`)
    return [sqlite(path, options), sqlite(path, options)]
  }
  await expect(model(open, 60)).resolves.toBeUndefined()
  await rm(folder, { recursive: true })
})

test.for([
  'ignores guards of streams',
  'takes some for any',
  'adds what is sent again',
  'asks a guard before it looks for the ids',
  'has one tenant',
  'ignores limit',
  'ignores versions',
  'looks for one of several tags',
  'forgets what a decision saw',
  'stops a decision at anything',
  'forgets keys in an hour',
  'shares keys between streams',
])('a store that %s differs from the reference', async (name) => {
  const mutate = mutants[name]
  if (!mutate) throw new Error(`no mutant ${name}`)
  await expect(model((options) => [broken(mutate)(options)], 300)).rejects.toThrow(/Counterexample/)
})
