import { aggregate, fold, type Together } from 'annals'
import { expect, test } from 'vitest'
import { Account, AccountEvents, bankWithTen, Cart } from '../../test/domain/bank.ts'

test('several aggregates are appended together or not at all', async () => {
  await using bank = await bankWithTen()
  const transfer = (amount: number) =>
    bank.together(async (both) => {
      await both.open(Account, 'b').deposit({ amount })
      const { state } = await both.open(Account, 'a').withdraw({ amount })
      return state.balance
    })
  await expect(transfer(11)).rejects.toMatchObject({ reason: 'insufficient funds' })
  expect((await bank.load(Account, 'b')).version).toBe(0)
  const { result, events: added, position } = await transfer(4)
  expect(result).toBe(6)
  expect(added.map(({ type, stream, version }) => [type, stream.id, version])).toEqual([
    ['MoneyDeposited', 'b', 1],
    ['MoneyWithdrawn', 'a', 3],
  ])
  expect(position).toBe(added[1]?.position)
  expect(added[0]?.metadata.correlation).toBe(added[1]?.metadata.correlation)
  expect(added[0]?.metadata.causation).not.toBe(added[1]?.metadata.causation)
})

test('a unit of work sees what it decided before', async () => {
  await using bank = await bankWithTen()
  await bank.together(async (both) => {
    await both.open(Account, 'a').withdraw({ amount: 10 })
    expect(await both.load(Account, 'a')).toEqual({
      state: { owner: 'ann', balance: 0 },
      version: 3,
    })
    await both.open(Account, 'a').deposit({ amount: 1 })
  })
  expect(await bank.load(Account, 'a')).toMatchObject({ version: 4, state: { balance: 1 } })
})

test('calls of a unit of work at once are neither lost nor mixed up', async () => {
  await using bank = await bankWithTen()
  await bank.together(async (both) => {
    await Promise.all([1, 2, 3].map((amount) => both.open(Account, 'a').deposit({ amount })))
  })
  expect(await bank.load(Account, 'a')).toMatchObject({ version: 5, state: { balance: 16 } })
})

test('a call that failed fails its unit of work, though its error was caught', async () => {
  await using bank = await bankWithTen()
  const work = bank.together(async (both) => {
    await both.open(Account, 'b').deposit({ amount: 11 })
    await both
      .open(Account, 'a')
      .withdraw({ amount: 11 })
      .catch(() => 'never mind')
  })
  await expect(work).rejects.toMatchObject({ reason: 'insufficient funds' })
  expect((await bank.load(Account, 'b')).version).toBe(0)
})

test('what a unit of work only loaded must not have moved either', async () => {
  await using bank = await bankWithTen()
  let attempt = 0
  await bank.together(async (both) => {
    attempt++
    const { state } = await both.load(Account, 'a')
    if (attempt === 1) await bank.open(Account, 'a').deposit({ amount: 1 })
    await both.open(Cart, 'c').add('tea', state.balance - 10 || 5)
  })
  expect(attempt).toBe(2)
  expect((await bank.load(Cart, 'c')).state.items).toBe(1)
})

test('concurrent transfers in opposite directions neither lose nor make money', async () => {
  await using bank = await bankWithTen()
  await bank.open(Account, 'b').deposit({ amount: 10 })
  const transfer = (from: string, to: string) =>
    bank.together(async (both) => {
      await both.open(Account, from).withdraw({ amount: 1 })
      await both.open(Account, to).deposit({ amount: 1 })
    })
  const pairs = Array.from({ length: 4 }, (_, i) =>
    i % 2 ? transfer('a', 'b') : transfer('b', 'a'),
  )
  const done = (await Promise.allSettled(pairs)).filter(({ status }) => status === 'fulfilled')
  const [a, b] = await Promise.all([bank.load(Account, 'a'), bank.load(Account, 'b')])
  expect(a.state.balance + b.state.balance).toBe(20)
  expect(a.version + b.version).toBe(3 + 2 * done.length)
})

test('a repeated unit of work with once keys has its effect once', async () => {
  await using bank = await bankWithTen()
  const transfer = () =>
    bank.together(async (both) => {
      await both.open(Account, 'a', { once: 't-1' }).withdraw({ amount: 10 })
      await both.open(Account, 'b', { once: 't-1' }).deposit({ amount: 10 })
    })
  expect((await transfer()).events).toHaveLength(2)
  expect((await transfer()).events).toHaveLength(0)
  expect((await bank.load(Account, 'b')).state.balance).toBe(10)
})

test('a call after the unit of work has ended is refused', async () => {
  await using bank = await bankWithTen()
  const { result: late } = await bank.together(async (both) => ({ both }))
  await expect(late.both.load(Account, 'a')).rejects.toMatchObject({ code: 'ANNALS_OPTION' })
})

test('a unit of work that ends before its calls appends nothing: the rest of it may be missing', async () => {
  await using bank = await bankWithTen()
  const transfer = async (both: Together, amount: number) => {
    await both.open(Account, 'a').withdraw({ amount })
    await both.open(Account, 'b').deposit({ amount })
  }
  const late: Promise<unknown>[] = []
  const work = bank.together(async (both) => {
    late.push(transfer(both, 10))
  })
  await expect(work).rejects.toMatchObject({
    code: 'ANNALS_OPTION',
    message: expect.stringContaining('await every one') as string,
  })
  await expect(Promise.all(late)).rejects.toMatchObject({ code: 'ANNALS_OPTION' })
  expect((await bank.load(Account, 'a')).version).toBe(2)
})

test('a call that failed and that nobody awaited fails its unit of work', async () => {
  await using bank = await bankWithTen()
  const work = bank.together(async (both) => {
    void both.open(Account, 'a').withdraw({ amount: 11 })
    await both.open(Account, 'b').deposit({ amount: 11 })
  })
  await expect(work).rejects.toMatchObject({ reason: 'insufficient funds' })
  expect((await bank.load(Account, 'b')).version).toBe(0)
})

test('the same unit of work twice at the same time has its effect once', async () => {
  await using bank = await bankWithTen()
  const transfer = () =>
    bank.together(async (both) => {
      const { repeated } = await both.open(Account, 'a', { once: 't' }).withdraw({ amount: 3 })
      await both.open(Account, 'b', { once: 't' }).deposit({ amount: 3 })
      return repeated
    })
  const done = await Promise.all([transfer(), transfer(), transfer()])
  expect(done.filter(({ result: repeated }) => !repeated)).toHaveLength(1)
  expect((await bank.load(Account, 'a')).state.balance).toBe(7)
})

test('two aggregates of one category are not mixed in a unit of work', async () => {
  await using bank = await bankWithTen()
  const Other = aggregate('account', fold(AccountEvents, { initial: 0 }), {})
  const work = bank.together(async (both) => {
    await both.load(Account, 'a')
    await both.load(Other, 'a')
  })
  await expect(work).rejects.toMatchObject({ code: 'ANNALS_OPTION' })
})
