import { expect, test } from 'vitest'
import { append, place } from '../../../test/faults/sqlite-place.ts'
import { MisuseError } from '../../core/errors.ts'
import { sqlite } from './index.ts'

const here = place()

test('an option that nobody reads is refused by its name', () => {
  const misspelt: object = { timeOut: '1s' }
  expect(() => sqlite(here.path, misspelt)).toThrow(MisuseError)
  expect(() => sqlite(here.path, misspelt)).toThrow(/timeOut.*timeout, keepOnce, clock/)
})

test.each([
  ['timeout', { timeout: 'soon' }],
  ['timeout', { timeout: 5000 }],
  ['keepOnce', { keepOnce: '30 days' }],
  ['clock', { clock: new Date() }],
])('the option %s is refused when it is %o', (name, options) => {
  expect(() => sqlite(here.path, options as never)).toThrow(
    expect.objectContaining({
      code: 'ANNALS_OPTION',
      message: expect.stringContaining(name) as string,
    }),
  )
})

test.each([[''], [undefined], [{}], [null]])('%o is no database', (database) => {
  expect(() => sqlite(database as never)).toThrow(
    expect.objectContaining({
      code: 'ANNALS_OPTION',
      message: expect.stringContaining('path') as string,
    }),
  )
})

test('a clock that gives no time is refused before anything is written', async () => {
  await using store = sqlite(here.path, { clock: () => new Date(NaN) })
  await expect(store.append(append())).rejects.toMatchObject({ code: 'ANNALS_OPTION' })
  expect(await store.settled()).toMatchObject({ position: 0 })
})
