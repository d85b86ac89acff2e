import { expect, test } from 'vitest'
import { Account, AccountEvents, bankWithTen, Cart } from '../../test/domain/bank.ts'

test('the events of a set are read in order, backwards, in a range, up to a limit', async () => {
  await using bank = await bankWithTen()
  await bank.open(Cart, 'c').add('tea', 1)
  await bank.open(Account, 'b').deposit({ amount: 7 })
  const positions = async (
    ...how: Parameters<typeof bank.read<typeof AccountEvents>> extends [unknown, ...infer R]
      ? R
      : never
  ) => (await Array.fromAsync(bank.read(AccountEvents, ...how))).map(({ position }) => position)
  expect(await positions()).toEqual([1, 2, 4])
  expect(await positions({}, { backwards: true, limit: 2 })).toEqual([4, 2])
  expect(await positions({}, { after: 1, until: 3 })).toEqual([2])
  expect(await positions({ category: 'account', id: 'a' })).toEqual([1, 2])
  expect(await positions({ category: 'cart' })).toEqual([])
})

test('a read can be aborted, and left in the middle', async () => {
  await using bank = await bankWithTen()
  const stop = new AbortController()
  stop.abort(new Error('enough'))
  await expect(
    Array.fromAsync(bank.read(AccountEvents, {}, { signal: stop.signal })),
  ).rejects.toThrow('enough')
  await expect(
    bank.with({ signal: stop.signal }).open(Account, 'a').deposit({ amount: 1 }),
  ).rejects.toThrow('enough')
  for await (const { version } of bank.read(AccountEvents)) {
    expect(version).toBe(1)
    break
  }
})
