import { aggregate, annals, events, fold, memory, type App } from 'annals'
import { clock } from 'annals/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Account, AccountEvents, bankWithTen, Cart } from '../test/domain/bank.ts'

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

const mistakes: Readonly<Record<string, (bank: App) => unknown>> = {
  // @ts-expect-error misspelt
  'a misspelt option of annals': () => annals({ store: memory(), agregates: [] }),
  // @ts-expect-error there is none
  'no store': () => annals({}),
  'a clock that tells no time': () =>
    annals({ store: memory(), clock: () => new Date(Number.NaN) })
      .open(Account, 'a')
      .open('ann'),
  'a store with a clock that tells no time': () =>
    annals({ store: memory({ clock: () => new Date(Number.NaN) }) })
      .open(Account, 'a')
      .open('ann'),
  // @ts-expect-error a time
  'a clock that is none': () => annals({ store: memory(), clock: new Date() }),
  // @ts-expect-error a time
  'a store with a clock that is none': () => memory({ clock: new Date() }),
  // @ts-expect-error one aggregate
  'one aggregate instead of a list': () => annals({ store: memory(), aggregates: Account }),
  // @ts-expect-error no options
  'options that are null': (bank) => bank.open(Account, 'a', null),
  // @ts-expect-error no schema
  'a schema that is undefined': () => events({ Made: undefined }),
  'no store at all': () => annals({ store: undefined as never }),
  // @ts-expect-error misspelt
  'a misspelt option of open': (bank) => bank.open(Account, 'a', { onse: 'k' }),
  // @ts-expect-error misspelt
  'a misspelt option of load': (bank) => bank.load(Account, 'a', { untill: 1 }),
  'a date that is none': (bank) => bank.load(Account, 'a', { at: new Date('tomorrow') }),
  'a version that is none': (bank) => bank.load(Account, 'a', { until: -1 }),
  // @ts-expect-error a time as text
  'a time as text': (bank) => bank.load(Account, 'a', { at: '2026-01-01' }),
  'an empty id': (bank) => bank.load(Account, ''),
  'an empty id of a command': (bank) => bank.open(Account, '').touch(),
  // @ts-expect-error a number
  'an id that is no text': (bank) => bank.open(Account, 7).touch(),
  'a tenant that is undefined': (bank) => bank.with({ tenant: undefined as never }),
  // @ts-expect-error misspelt
  'a misspelt option of with': (bank) => bank.with({ user: 'ann' }),
  'an empty tenant': (bank) => bank.with({ tenant: '' }),
  'a trace context that is none': (bank) => bank.with({ traceparent: '00-1' }),
  // @ts-expect-error memory has no transactions
  'a transaction where there are none': (bank) => bank.with({ tx: {} }),
  'an id without its category': (bank) =>
    bank.read(AccountEvents, { id: 'a' })[Symbol.asyncIterator]().next(),
  'a tag that no event has': (bank) =>
    Array.fromAsync(bank.read(AccountEvents, { tags: { owner: 'ann' } as never })),
  'a set in which an event has another name': (bank) =>
    Array.fromAsync(bank.read({ Opened: AccountEvents.AccountOpened })),
  'a misspelt option of open in together': (bank) =>
    // @ts-expect-error misspelt
    bank.together(async (both) => both.open(Account, 'a', { onse: 'k' })),
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

test('an aggregate is loaded as of a version and a time: whichever is earlier', async () => {
  const time = clock(new Date('2026-01-01T00:00:00Z'))
  await using bank = annals({ store: memory({ clock: time }) })
  for (const amount of [1, 2, 3]) {
    await bank.open(Account, 'a').deposit({ amount })
    time.advance('1d')
  }
  const as = async (until: number, at: string) =>
    (await bank.load(Account, 'a', { until, at: new Date(at) })).version
  expect(await as(1, '2026-01-02T12:00:00Z')).toBe(1)
  expect(await as(3, '2026-01-02T12:00:00Z')).toBe(2)
})
