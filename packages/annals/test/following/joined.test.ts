import { annals, view } from 'annals'
import { describe, expect, test } from 'vitest'
import { Account, AccountState } from '../domain/bank.ts'
import { stores, type Place } from './stores.ts'

const Balances = view('balances', AccountState, { indexes: ['balance'] })
const Others = view('others', AccountState)

/** An app, and the same acting in a transaction of the caller's own. */
async function joined(at: () => Promise<Place>) {
  const place = await at()
  const bank = annals({ store: place.open(), inline: [Balances] })
  await bank.open(Account, 'a').deposit({ amount: 1 })
  const caller = await place.begin()
  return {
    bank,
    caller,
    inside: bank.with({ tx: caller.tx }),
    async [Symbol.asyncDispose]() {
      await bank.close()
      await place[Symbol.asyncDispose]()
    },
  }
}

const [, SQLite, PostgreSQL] = stores

describe.each([SQLite, PostgreSQL])('$name', ({ at }) => {
  test('a transaction of the caller sees its own documents before others do', async () => {
    await using parts = await joined(at)
    const { bank, inside, caller } = parts
    await inside.open(Account, 'b').deposit({ amount: 5 })
    expect(await inside.find(Balances, 'b')).toMatchObject({ balance: 5 })
    expect(
      (await inside.query(Balances, { orderBy: { balance: 'desc' } })).documents,
    ).toMatchObject([{ key: 'b' }, { key: 'a' }])
    expect(await inside.count(Balances, { balance: { gte: 5 } })).toBe(1)
    expect(await bank.find(Balances, 'b')).toBeUndefined()
    expect(await bank.count(Balances)).toBe(1)
    await caller.commit()
    expect(await bank.find(Balances, 'b')).toMatchObject({ balance: 5 })
  })

  test('a transaction of the caller that is rolled back leaves documents as they were', async () => {
    await using parts = await joined(at)
    const { bank, inside, caller } = parts
    await inside.open(Account, 'a').deposit({ amount: 5 })
    await inside.open(Account, 'b').deposit({ amount: 5 })
    await caller.rollback()
    expect((await bank.query(Balances)).documents).toMatchObject([
      { key: 'a', state: { balance: 1 } },
    ])
    await bank.open(Account, 'a').deposit({ amount: 2 })
    expect(await bank.find(Balances, 'a')).toMatchObject({ balance: 3 })
  })

  test('the first thing that a process does may be inside a transaction of the caller', async () => {
    await using place = await at()
    {
      await using before = annals({ store: place.open(), inline: [Balances] })
      await before.open(Account, 'a').deposit({ amount: 1 })
    }
    await using bank = annals({ store: place.open(), inline: [Balances] })
    const caller = await place.begin()
    const inside = bank.with({ tx: caller.tx })
    await inside.open(Account, 'a').deposit({ amount: 2 })
    expect(await inside.find(Balances, 'a')).toMatchObject({ balance: 3 })
    await caller.commit()
    expect(await bank.find(Balances, 'a')).toMatchObject({ balance: 3 })
  })
})

describe.each([PostgreSQL])('$name', ({ at }) => {
  test('the first thing of all may be inside a transaction of the caller', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), inline: [Balances] })
    const caller = await place.begin()
    const inside = bank.with({ tx: caller.tx })
    await inside.open(Account, 'a').deposit({ amount: 2 })
    await caller.commit()
    await bank.start()
    await bank.caughtUp()
    expect(await bank.find(Balances, 'a')).toMatchObject({ balance: 2 })
  })

  test('a transaction that has appended may go on with an app that was just made', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), inline: [Balances] })
    await bank.open(Account, 'a').deposit({ amount: 1 })
    const caller = await place.begin()
    await bank.with({ tx: caller.tx }).open(Account, 'a').deposit({ amount: 2 })
    await using other = annals({ store: place.open(), inline: [Balances, Others] })
    await other.with({ tx: caller.tx }).open(Account, 'b').deposit({ amount: 4 })
    await caller.commit()
    await other.start()
    await other.caughtUp()
    expect(await other.find(Balances, 'a')).toMatchObject({ balance: 3 })
    expect(await other.find(Others, 'a')).toMatchObject({ balance: 3 })
    expect(await other.find(Others, 'b')).toMatchObject({ balance: 4 })
  })
})

test('SQLite: what is new in a process is registered before a transaction of the caller begins, and it says so', async () => {
  await using place = await SQLite.at()
  await using bank = annals({ store: place.open(), inline: [Balances] })
  await bank.open(Account, 'a').deposit({ amount: 1 })
  await using other = annals({ store: place.open(), inline: [Balances, Others] })
  const caller = await place.begin()
  const appending = other.with({ tx: caller.tx }).open(Account, 'b').deposit({ amount: 4 })
  await expect(appending).rejects.toMatchObject({
    code: 'ANNALS_OPTION',
    message: expect.stringContaining('before the transaction begins') as string,
  })
  await caller.rollback()
  await other.open(Account, 'b').deposit({ amount: 4 })
})
