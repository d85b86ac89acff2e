import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { makeStatement } from './make-statement.ts'

test('statement.csv is what the script makes', () => {
  const committed = readFileSync(new URL('../statement.csv', import.meta.url), 'utf8')
  expect(makeStatement()).toBe(committed)
})

test('another seed makes another statement', () => {
  expect(makeStatement('other')).not.toBe(makeStatement())
})
