import assert from 'node:assert/strict'
import { expect, test } from 'vitest'
import { verify } from './contract.ts'
import type { Contract, VerifyOptions } from './contract.ts'

const stackContract: Contract<unknown[]> = {
  name: 'stack',
  promises: {
    'a new stack is empty': async (open) => assert.equal((await open()).length, 0),
    'what is pushed is popped': async (open) => {
      const stack = await open()
      stack.push('a')
      assert.equal(stack.pop(), 'a')
    },
  },
}

/** Runs the tests that `verify` registers; gives each name with what became of it. */
async function outcomes(open: () => unknown[], except?: VerifyOptions['except']) {
  const tests: [name: string, run: () => Promise<void>][] = []
  const register = (name: string, run: () => Promise<void>) => tests.push([name, run])
  verify(stackContract, open, { test: register, ...(except && { except }) })
  const told: Record<string, string> = {}
  for (const [name, run] of tests)
    told[name] = await run().then(
      () => 'kept',
      (error: Error) => error.message,
    )
  return told
}

test('each promise becomes a test on a fresh subject', async () => {
  expect(await outcomes(() => [])).toEqual({
    'a new stack is empty': 'kept',
    'what is pushed is popped': 'kept',
  })
  const broken = await outcomes(() => ['left over'])
  expect(broken['a new stack is empty']).toMatch(/1 !== 0/)
})

test('an excepted promise is a named test, which holds while the promise is broken', async () => {
  const except = { 'a new stack is empty': 'it begins with a marker' }
  expect(await outcomes(() => ['marker'], except)).toEqual({
    'a new stack is empty (excepted: it begins with a marker)': 'kept',
    'what is pushed is popped': 'kept',
  })
})

test('an exception that is no longer needed fails', async () => {
  const told = await outcomes(() => [], { 'a new stack is empty': 'it begins with a marker' })
  expect(told['a new stack is empty (excepted: it begins with a marker)']).toBe(
    "'a new stack is empty' is kept now: remove the exception",
  )
})

test('an exception from a promise that nobody gives is an error', async () => {
  await expect(outcomes(() => [], { 'a new stack is full': 'a typo' })).rejects.toThrow(
    "the stack contract promises nothing like 'a new stack is full'",
  )
  await expect(outcomes(() => [], { toString: 'no promise either' })).rejects.toThrow(
    /nothing like/,
  )
})

test('an exception needs a reason', async () => {
  await expect(outcomes(() => [], { 'a new stack is empty': ' ' })).rejects.toThrow(
    /needs a reason/,
  )
})
