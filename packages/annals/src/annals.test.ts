import { annals, events, fold, aggregate, memory, reject, type App } from 'annals'
import { clock } from 'annals/testing'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { Account, AccountEvents, Cart } from '../test/domain/bank.ts'

/** An app with an account of 10 at version 2. */
async function bankWithTen(): Promise<App> {
  const bank = annals({ store: memory(), aggregates: [Account, Cart] })
  await bank.open(Account, 'a').open('ann')
  await bank.open(Account, 'a').deposit({ amount: 10 })
  return bank
}

test('a command gives the state, the version, the position and the events after it', async () => {
  const at = new Date('2026-01-01')
  await using bank = annals({ store: memory({ clock: () => at }) })
  await bank.open(Account, 'a').open('ann')
  const {
    state,
    version,
    position,
    events: added,
  } = await bank.open(Account, 'a').deposit({ amount: 3 })
  expect({ state, version, position }).toEqual({
    state: { owner: 'ann', balance: 3 },
    version: 2,
    position: 2,
  })
  expect(added).toMatchObject([
    {
      type: 'MoneyDeposited',
      data: { amount: 3 },
      stream: { category: 'account', id: 'a' },
      version: 2,
      position: 2,
      at,
      tenant: '',
      id: expect.stringMatching(
        /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-/,
      ) as string,
    },
  ])
})

test('an aggregate is loaded as of a version', async () => {
  await using bank = await bankWithTen()
  expect(await bank.load(Account, 'a', { until: 1 })).toMatchObject({
    state: { owner: 'ann', balance: 0 },
    version: 1,
  })
  expect(await bank.load(Account, 'a', { until: 0 })).toMatchObject({ version: 0, position: 0 })
})

test('an aggregate is loaded as of a time', async () => {
  const time = clock(new Date('2026-01-01T00:00:00Z'))
  await using bank = annals({ store: memory({ clock: time }) })
  for (const amount of [1, 2, 3]) {
    await bank.open(Account, 'a').deposit({ amount })
    time.advance('1d')
  }
  const balanceAt = async (at: string) =>
    (await bank.load(Account, 'a', { at: new Date(at) })).state.balance
  expect(await balanceAt('2025-12-31T23:59:59Z')).toBe(0)
  expect(await balanceAt('2026-01-01T00:00:00Z')).toBe(1)
  expect(await balanceAt('2026-01-02T12:00:00Z')).toBe(3)
  expect(await balanceAt('2027-01-01T00:00:00Z')).toBe(6)
})

test('a state that is loaded is not changed by what comes later', async () => {
  await using bank = await bankWithTen()
  const { state } = await bank.load(Account, 'a')
  await bank.open(Account, 'a').deposit({ amount: 1 })
  expect(state.balance).toBe(10)
})

test('an expected version that is not the one there is a conflict, and nothing is decided', async () => {
  await using bank = await bankWithTen()
  for (const version of [0, 1, 3])
    await expect(bank.open(Account, 'a', { version }).deposit({ amount: 1 })).rejects.toMatchObject(
      { code: 'ANNALS_CONFLICT' },
    )
  expect((await bank.open(Account, 'a', { version: 2 }).deposit({ amount: 1 })).version).toBe(3)
})

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

test('on a conflict, resolve sees the state now and what happened meanwhile', async () => {
  await using bank = await bankWithTen()
  await bank.open(Account, 'a').withdraw({ amount: 4 })
  const resolve = vi.fn<(state: unknown, theirs: unknown) => void>()
  const { state } = await bank.open(Account, 'a', { version: 2, resolve }).withdraw({ amount: 6 })
  expect(state.balance).toBe(0)
  expect(resolve).toHaveBeenCalledTimes(1)
  expect(resolve.mock.calls[0]).toMatchObject([
    { balance: 6 },
    [{ type: 'MoneyWithdrawn', data: { amount: 4 }, version: 3 }],
  ])
})

test('resolve may reject', async () => {
  await using bank = await bankWithTen()
  await expect(
    bank
      .open(Account, 'a', { version: 1, resolve: () => reject('it has changed') })
      .withdraw({ amount: 6 }),
  ).rejects.toMatchObject({ reason: 'it has changed' })
  expect((await bank.load(Account, 'a')).version).toBe(2)
})

test('resolve is asked at each conflict of a race, about what is new each time', async () => {
  await using bank = await bankWithTen()
  const seen: number[] = []
  const resolve = (_: unknown, theirs: readonly { version: number }[]) => {
    seen.push(...theirs.map(({ version }) => version))
  }
  const slow = bank.open(Account, 'a', { resolve }).deposit({ amount: 1 })
  await Promise.all([slow, bank.open(Account, 'a').deposit({ amount: 2 })])
  expect((await bank.load(Account, 'a')).state.balance).toBe(13)
  expect(seen).toEqual(seen.length === 0 ? [] : [3])
})

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
    await expect(both.open(Account, 'a').withdraw({ amount: 1 })).rejects.toMatchObject({
      reason: 'insufficient funds',
    })
    await both.open(Account, 'a').deposit({ amount: 1 })
  })
  expect(await bank.load(Account, 'a')).toMatchObject({ version: 4, state: { balance: 1 } })
})

test('calls of a unit of work that are not awaited are neither lost nor mixed up', async () => {
  await using bank = await bankWithTen()
  await bank.together(async (both) => {
    await Promise.all([1, 2, 3].map((amount) => both.open(Account, 'a').deposit({ amount })))
  })
  expect(await bank.load(Account, 'a')).toMatchObject({ version: 5, state: { balance: 16 } })
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

test('each event records who acted, why, and by which command', async () => {
  await using bank = annals({ store: memory() })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const acting = bank.with({ actor: 'ann', correlation: 'req-9' }).with({ traceparent })
  await acting.open(Account, 'a').open('ann')
  await acting.with({ causation: 'event-1' }).open(Account, 'a').deposit({ amount: 5 })
  await bank.open(Account, 'a').deposit({ amount: 6 })
  const [opened, deposited, anonymous] = await Array.fromAsync(bank.read(AccountEvents))
  expect(opened?.metadata).toEqual({
    actor: 'ann',
    correlation: 'req-9',
    causation: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    command: { name: 'account.open' },
    traceparent,
  })
  expect(deposited?.metadata).toMatchObject({
    causation: 'event-1',
    command: { name: 'account.deposit', arguments: { amount: 5 } },
  })
  expect(anonymous?.metadata).not.toHaveProperty('actor')
  expect(anonymous?.metadata.correlation).toBe(anonymous?.metadata.causation)
})

test('tenants with the same ids never see each other', async () => {
  await using bank = await bankWithTen()
  const acme = bank.with({ tenant: 'acme' })
  expect((await acme.load(Account, 'a')).version).toBe(0)
  await acme.open(Account, 'a', { once: 'k' }).deposit({ amount: 1 })
  await bank.open(Account, 'a', { once: 'k' }).deposit({ amount: 2 })
  expect((await acme.load(Account, 'a')).state.balance).toBe(1)
  expect((await bank.load(Account, 'a')).state.balance).toBe(12)
  const read = await Array.fromAsync(acme.read(AccountEvents))
  expect(read.map(({ tenant, data }) => ({ tenant, data }))).toEqual([
    { tenant: 'acme', data: { amount: 1 } },
  ])
})

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

const mistakes: Readonly<Record<string, (bank: App) => unknown>> = {
  // @ts-expect-error misspelt
  'a misspelt option of annals': () => annals({ store: memory(), agregates: [] }),
  // @ts-expect-error misspelt
  'a misspelt option of open': (bank) => bank.open(Account, 'a', { onse: 'k' }),
  // @ts-expect-error misspelt
  'a misspelt option of load': (bank) => bank.load(Account, 'a', { untill: 1 }),
  'a date that is none': (bank) => bank.load(Account, 'a', { at: new Date('tomorrow') }),
  'a version that is none': (bank) => bank.load(Account, 'a', { until: -1 }),
  // @ts-expect-error misspelt
  'a misspelt option of with': (bank) => bank.with({ user: 'ann' }),
  'an empty tenant': (bank) => bank.with({ tenant: '' }),
  'a trace context that is none': (bank) => bank.with({ traceparent: '00-1' }),
  // @ts-expect-error memory has no transactions
  'a transaction where there are none': (bank) => bank.with({ tx: {} }),
  'an id without its category': (bank) =>
    bank.read(AccountEvents, { id: 'a' })[Symbol.asyncIterator]().next(),
  'a limit that is none': (bank) =>
    bank.read(AccountEvents, {}, { limit: 0.5 })[Symbol.asyncIterator]().next(),
  // @ts-expect-error misspelt
  'a misspelt option of memory': () => memory({ clok: () => new Date() }),
  // @ts-expect-error no duration
  'a duration that is none': () => memory({ keepOnce: '30 days' }),
  'two aggregates of one category': () =>
    annals({ store: memory(), aggregates: [Account, aggregate('account', Cart.fold, {})] }),
  'two meanings of one event type': () => {
    const Other = fold(events({ ItemAdded: z.object({}) }), { initial: {} })
    return annals({ store: memory(), aggregates: [Cart, aggregate('other', Other, {})] })
  },
}

for (const [name, mistake] of Object.entries(mistakes))
  test(`${name} is refused, with what to do`, async () => {
    await using bank = annals({ store: memory() })
    await expect((async () => mistake(bank))()).rejects.toMatchObject({
      code: 'ANNALS_OPTION',
      message: expect.stringMatching(/.{20}/) as string,
    })
  })

test('a closed app says so', async () => {
  const bank = await bankWithTen()
  await bank.close()
  await bank.close()
  await expect(bank.load(Account, 'a')).rejects.toMatchObject({ code: 'ANNALS_CLOSED' })
  await expect(bank.open(Account, 'a').deposit({ amount: 1 })).rejects.toMatchObject({
    code: 'ANNALS_CLOSED',
  })
})
