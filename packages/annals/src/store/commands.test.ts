import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aggregate, annals, command, ConflictError, fold, memory, reject, type Draft } from 'annals'
import { sqlite } from 'annals/sqlite'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { Account, AccountEvents, AccountState, bankWithTen } from '../../test/domain/bank.ts'

test('an expected version that is not the one there is a conflict, and nothing is decided', async () => {
  await using bank = await bankWithTen()
  for (const version of [0, 1, 3])
    await expect(bank.open(Account, 'a', { version }).deposit({ amount: 1 })).rejects.toMatchObject(
      { code: 'ANNALS_CONFLICT' },
    )
  expect((await bank.open(Account, 'a', { version: 2 }).deposit({ amount: 1 })).version).toBe(3)
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
  const store = memory()
  await using bank = annals({ store })
  const deposit = () => bank.open(Account, 'a').deposit({ amount: 1 })
  await deposit()
  // another gets in between the load and the append, twice
  const append = store.append.bind(store)
  let others = 2
  vi.spyOn(store, 'append').mockImplementation(async (...how) => {
    if (others-- > 0)
      await append({
        tenant: '',
        drafts: [{ ...how[0].drafts[0], id: crypto.randomUUID() } as Draft],
      })
    return append(...how)
  })
  const seen: number[][] = []
  const { version } = await bank
    .open(Account, 'a', {
      resolve: (_, theirs) => {
        seen.push(theirs.map((event) => event.version))
      },
    })
    .deposit({ amount: 1 })
  expect(seen).toEqual([[2], [3]])
  expect(version).toBe(4)
})

test('a resolve that answers later is refused', async () => {
  await using bank = await bankWithTen()
  await expect(
    // oxlint-disable-next-line typescript/no-misused-promises -- the mistake
    bank.open(Account, 'a', { version: 1, resolve: async () => {} }).touch(),
  ).rejects.toMatchObject({
    code: 'ANNALS_OPTION',
    message: expect.stringContaining('resolve returned a promise') as string,
  })
})

test('a signal ends the pause between two attempts', async () => {
  const store = memory()
  const stop = new AbortController()
  const append = vi.spyOn(store, 'append').mockImplementation(async () => {
    setTimeout(() => stop.abort(new Error('enough')), 0)
    throw new ConflictError('always')
  })
  await using bank = annals({ store }).with({ signal: stop.signal })
  await expect(bank.open(Account, 'a').open('ann')).rejects.toThrow('enough')
  expect(append.mock.calls.length).toBeLessThan(5)
})

test('what was checked of an argument is recorded, and what was stripped is not', async () => {
  await using bank = annals({ store: memory() })
  const sent = { amount: 5, password: 'hunter2' }
  const { events } = await bank.open(Account, 'a').deposit(sent)
  expect(events[0]?.metadata.command).toEqual({
    name: 'account.deposit',
    arguments: { amount: 5 },
  })
})

test('an argument that JSON cannot keep is not recorded, and does not stop its command', async () => {
  const Sum = aggregate('sum', AccountState, {
    deposit: command(z.object({ amounts: z.set(z.number()) }), (_, { amounts }) =>
      AccountEvents.MoneyDeposited({ amount: amounts.size }),
    ),
  })
  await using bank = annals({ store: memory() })
  const { events } = await bank.open(Sum, 's').deposit({ amounts: new Set([1, 2]) })
  expect(events[0]?.metadata.command).toEqual({ name: 'sum.deposit' })
})

test('an argument is refused by its schema before anything else is said of it', async () => {
  await using bank = annals({ store: memory() })
  await expect(bank.open(Account, 'a').deposit({ amount: Number.NaN })).rejects.toMatchObject({
    code: 'ANNALS_INVALID_COMMAND',
  })
})

test('an event that its fold cannot take is not appended', async () => {
  const Fragile = aggregate(
    'fragile',
    fold(AccountEvents, {
      initial: 0,
      MoneyDeposited: () => {
        throw new Error('a mistake in the fold')
      },
    }),
    { deposit: () => AccountEvents.MoneyDeposited({ amount: 1 }) },
  )
  await using bank = annals({ store: memory() })
  await expect(bank.open(Fragile, 'f').deposit()).rejects.toThrow('a mistake in the fold')
  expect(await Array.fromAsync(bank.read(AccountEvents))).toEqual([])
})

test('twenty commands on one aggregate at once all go through, on a file too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'annals-'))
  await using bank = annals({ store: sqlite(join(folder, 'bank.db')) })
  const deposits = Array.from({ length: 20 }, () => bank.open(Account, 'a').deposit({ amount: 1 }))
  const versions = (await Promise.all(deposits)).map(({ version }) => version)
  expect(versions).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  await bank.close()
  await rm(folder, { recursive: true })
})

test('a command that fails lets the next one on its aggregate go on', async () => {
  await using bank = await bankWithTen()
  const asked = [11, 1, 99, 2].map((amount) => bank.open(Account, 'a').withdraw({ amount }))
  const done = await Promise.allSettled(asked)
  expect(done.map(({ status }) => status)).toEqual([
    'rejected',
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
})

test('a conflict with a version that was asked for is not worth trying again', async () => {
  await using bank = await bankWithTen()
  await expect(
    bank.open(Account, 'a', { version: 1 }).deposit({ amount: 1 }),
  ).rejects.toMatchObject({ code: 'ANNALS_CONFLICT', retry: false })
})

test('a handler that changes its state in place fails, before it counts an event twice', async () => {
  const Spoilt = aggregate(
    'spoilt',
    fold(AccountEvents, {
      initial: { sums: new Map<string, number>() },
      AccountOpened: () => ({ sums: new Map() }),
      MoneyDeposited: (state, { amount }) => {
        state.sums.set('all', (state.sums.get('all') ?? 0) + amount)
        return state
      },
    }),
    {
      open: () => AccountEvents.AccountOpened({ owner: 'ann' }),
      deposit: (_, amount: number) => AccountEvents.MoneyDeposited({ amount }),
    },
  )
  await using bank = annals({ store: memory() })
  await expect(bank.open(Spoilt, 's').deposit(1)).rejects.toThrow('a handler gives a new one')
  await bank.open(Spoilt, 's').open()
  await expect(bank.open(Spoilt, 's').deposit(1)).rejects.toThrow('a handler gives a new one')
})

test('the clock of the app tells the time while a command decides', async () => {
  const at = new Date('2001-02-03T04:05:06Z')
  const seen: Date[] = []
  const Watch = aggregate(
    'watch',
    fold(AccountEvents, {
      initial: 0,
      AccountOpened: (count, _, event) => {
        if (event.position === 0) seen.push(event.at)
        return count + 1
      },
    }),
    { open: () => AccountEvents.AccountOpened({ owner: 'ann' }) },
    { invariants: { 'it is folded': (count) => count > 0 } },
  )
  await using bank = annals({ store: memory(), clock: () => at })
  const { events } = await bank.open(Watch, 'w').open()
  expect(seen).toEqual([at])
  const time = Number.parseInt(events[0]?.id.replace('-', '').slice(0, 12) ?? '', 16)
  expect(new Date(time)).toEqual(at)
})

test('a checked command whose argument may be left out is called without', async () => {
  const Bell = aggregate('bell', fold(AccountEvents, { initial: {} }), {
    ring: command(z.object({ times: z.number() }).default({ times: 3 }), (_, { times }) =>
      AccountEvents.MoneyDeposited({ amount: times }),
    ),
  })
  await using bank = annals({ store: memory() })
  expect((await bank.open(Bell, 'b').ring()).events[0]?.data).toEqual({ amount: 3 })
})

test('what is decided and is no event is refused, with what to return', async () => {
  const Odd = aggregate('odd', AccountState, {
    // @ts-expect-error no event
    say: () => 'ok',
  })
  await using bank = annals({ store: memory() })
  const handle = bank.open(Odd, 'o') as unknown as { say(): Promise<unknown> }
  await expect(handle.say()).rejects.toThrow('the text "ok" was decided, which is no event')
})
