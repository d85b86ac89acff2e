import { aggregate, fold } from 'annals'
import { expect, test } from 'vitest'
import { Account, AccountEvents, bankWithTen } from '../../test/domain/bank.ts'

test('the same request twice has its effect and its answer once', async () => {
  await using bank = await bankWithTen()
  const request = () => bank.open(Account, 'a', { once: 'req-1' }).withdraw({ amount: 10 })
  const first = await request()
  await bank.open(Account, 'a').deposit({ amount: 99 })
  const again = await request()
  expect(again).toEqual({ ...first, repeated: true })
  expect(again.events[0]?.id).toBe(first.events[0]?.id)
  expect((await bank.load(Account, 'a')).state.balance).toBe(99)
})

test('the same request twice at the same time has its effect once', async () => {
  await using bank = await bankWithTen()
  const request = () => bank.open(Account, 'a', { once: 'req-1' }).withdraw({ amount: 10 })
  const [first, ...others] = await Promise.all(Array.from({ length: 10 }, request))
  const [shared] = [first].map((answer) => ({
    ...answer,
    repeated: expect.any(Boolean) as boolean,
  }))
  for (const other of others) expect(other).toEqual(shared)
  expect([first, ...others].filter((answer) => !answer?.repeated)).toHaveLength(1)
  expect((await bank.load(Account, 'a')).version).toBe(3)
})

test('a once key belongs to one command and its arguments, whatever the order of their keys', async () => {
  await using bank = await bankWithTen()
  const Pair = aggregate('pair', fold(AccountEvents, { initial: {} }), {
    take: (_, pair: { a: number; b: number }) => AccountEvents.MoneyDeposited({ amount: pair.a }),
  })
  await bank.open(Pair, 'p', { once: 'k' }).take({ a: 1, b: 2 })
  expect((await bank.open(Pair, 'p', { once: 'k' }).take({ b: 2, a: 1 })).version).toBe(1)
  const mismatch = { code: 'ANNALS_ONCE_MISMATCH' }
  await expect(bank.open(Pair, 'p', { once: 'k' }).take({ a: 1, b: 3 })).rejects.toMatchObject(
    mismatch,
  )
  await bank.open(Account, 'a', { once: 'k' }).deposit({ amount: 1 })
  await expect(
    bank.open(Account, 'a', { once: 'k' }).withdraw({ amount: 1 }),
  ).rejects.toMatchObject(mismatch)
  expect((await bank.open(Account, 'b', { once: 'k' }).deposit({ amount: 5 })).version).toBe(1)
})

test('a rejection is not remembered by a once key', async () => {
  await using bank = await bankWithTen()
  const request = () => bank.open(Account, 'a', { once: 'req-1' }).withdraw({ amount: 11 })
  await expect(request()).rejects.toMatchObject({ reason: 'insufficient funds' })
  await bank.open(Account, 'a').deposit({ amount: 1 })
  expect((await request()).state.balance).toBe(0)
})

test('a command without an event is remembered by its once key too', async () => {
  await using bank = await bankWithTen()
  const touched = await bank.open(Account, 'a', { once: 'k' }).touch()
  expect(touched).toMatchObject({ version: 2, events: [] })
  await bank.open(Account, 'a').deposit({ amount: 1 })
  expect(await bank.open(Account, 'a', { once: 'k' }).touch()).toEqual({
    ...touched,
    repeated: true,
  })
})

test('an argument that is left out and one that is undefined are one request', async () => {
  await using bank = await bankWithTen()
  const Note = aggregate('note', fold(AccountEvents, { initial: {} }), {
    take: (_, amount: number, _why?: string) => AccountEvents.MoneyDeposited({ amount }),
  })
  await bank.open(Note, 'n', { once: 'k' }).take(1, undefined)
  expect(await bank.open(Note, 'n', { once: 'k' }).take(1)).toMatchObject({ repeated: true })
  await expect(bank.open(Note, 'n', { once: 'k' }).take(1, 'why')).rejects.toMatchObject({
    code: 'ANNALS_ONCE_MISMATCH',
  })
})

test('a request under a version is answered again, though the version has moved by it', async () => {
  await using bank = await bankWithTen()
  const request = () => bank.open(Account, 'a', { version: 2, once: 'k' }).deposit({ amount: 5 })
  const answers = await Promise.all([request(), request(), request()])
  expect(answers.map(({ version }) => version)).toEqual([3, 3, 3])
  expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1)
  await expect(
    bank.open(Account, 'a', { version: 2, once: 'other' }).deposit({ amount: 5 }),
  ).rejects.toMatchObject({ code: 'ANNALS_CONFLICT' })
})
