import { aggregate, annals, fold, view, type View } from 'annals'
import { describe, expect, test } from 'vitest'
import { Account, AccountEvents, AccountState } from '../domain/bank.ts'
import { CourseEvents, enrol, openCourse } from '../domain/courses.ts'
import { stores } from './stores.ts'
import { kept, ways } from './ways.ts'

const Balances = view('balances', AccountState, { indexes: ['owner', 'balance'] })

/** Another category with the same events. */
const Purse = aggregate('purse', AccountState, {
  deposit: (_, amount: number) => AccountEvents.MoneyDeposited({ amount }),
})

const Opened = fold(AccountEvents, {
  initial: { accounts: 0 },
  AccountOpened: ({ accounts }) => ({ accounts: accounts + 1 }),
})

const cases = stores.flatMap(({ name, at }) => ways.map((way) => ({ name, at, way })))

describe.each(cases)('$name, $way', ({ at, way }) => {
  test('a view has a document for each stream', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), ...kept(way, Balances) })
    await bank.start()
    await bank.open(Account, 'a').open('ann')
    await bank.open(Account, 'b').open('bob')
    await bank.open(Account, 'a').deposit({ amount: 5 })
    await bank.caughtUp()
    expect(await bank.find(Balances, 'a')).toEqual({ owner: 'ann', balance: 5 })
    expect(await bank.find(Balances, 'b')).toEqual({ owner: 'bob', balance: 0 })
    expect(await bank.find(Balances, 'c')).toBeUndefined()
  })

  test('a view has documents under the keys that `by` gives: one, several or none', async () => {
    await using place = await at()
    const ByLetter = view('by-letter', Opened, {
      by: (event) => (event.type === 'AccountOpened' ? Array.from(event.data.owner) : []),
    })
    const Total = view('total', Opened, { by: () => 'all' })
    await using bank = annals({ store: place.open(), ...kept(way, ByLetter, Total) })
    await bank.start()
    for (const owner of ['ab', 'bcc', '-']) await bank.open(Account, owner).open(owner)
    await bank.open(Account, 'ab').deposit({ amount: 1 })
    await bank.caughtUp()
    expect((await bank.query(ByLetter)).documents).toEqual([
      { key: '-', state: { accounts: 1 } },
      { key: 'a', state: { accounts: 1 } },
      { key: 'b', state: { accounts: 2 } },
      { key: 'c', state: { accounts: 1 } },
    ])
    expect(await bank.find(Total, 'all')).toEqual({ accounts: 3 })
  })

  test('a view sees the events of its fold in all categories', async () => {
    await using place = await at()
    const Purses = view('purses', AccountState, {
      by: ({ stream: { category, id } }) => (category === 'purse' ? id : []),
    })
    await using bank = annals({ store: place.open(), ...kept(way, Balances, Purses) })
    await bank.start()
    await bank.open(Account, 'ann').deposit({ amount: 5 })
    await bank.open(Purse, 'ann').deposit(2)
    await bank.open(Account, 'bob').deposit({ amount: 3 })
    await bank.caughtUp()
    const balances = async (of: View<{ readonly balance: number }>) =>
      (await bank.query(of)).documents.map(({ key, state }) => [key, state.balance])
    expect(await balances(Balances)).toEqual([
      ['ann', 7],
      ['bob', 3],
    ])
    expect(await balances(Purses)).toEqual([['ann', 2]])
  })

  test('an event that the fold does not handle makes no document', async () => {
    await using place = await at()
    const Accounts = view('accounts', Opened)
    await using bank = annals({ store: place.open(), ...kept(way, Accounts) })
    await bank.start()
    await bank.open(Account, 'a').deposit({ amount: 5 })
    await bank.open(Account, 'b').open('bob')
    await bank.caughtUp()
    expect((await bank.query(Accounts)).documents).toEqual([{ key: 'b', state: { accounts: 1 } }])
  })

  test('several events of one append go into several documents', async () => {
    await using place = await at()
    const Total = view('total', AccountState, { by: () => 'all' })
    await using bank = annals({ store: place.open(), ...kept(way, Balances, Total) })
    await bank.start()
    await bank.together(async (both) => {
      await both.open(Account, 'a').open('ann')
      await both.open(Account, 'a').deposit({ amount: 5 })
      await both.open(Account, 'b').deposit({ amount: 2 })
      await both.open(Account, 'a').withdraw({ amount: 1 })
    })
    await bank.caughtUp()
    expect(await bank.find(Balances, 'a')).toEqual({ owner: 'ann', balance: 4 })
    expect(await bank.find(Balances, 'b')).toMatchObject({ balance: 2 })
    expect(await bank.find(Total, 'all')).toEqual({ owner: 'ann', balance: 6 })
  })

  test('a request that is repeated changes no document', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), ...kept(way, Balances) })
    await bank.start()
    for (let count = 0; count < 3; count++)
      await bank.open(Account, 'a', { once: 'request-1' }).deposit({ amount: 5 })
    await bank.caughtUp()
    expect(await bank.find(Balances, 'a')).toMatchObject({ balance: 5 })
  })

  test('a view is kept of decisions, too', async () => {
    await using place = await at()
    const Courses = view(
      'courses',
      fold(CourseEvents, {
        initial: { students: [] as readonly string[] },
        StudentEnrolled: ({ students }, { student }) => ({ students: [...students, student] }),
      }),
      { by: ({ data }) => data.course },
    )
    await using school = annals({ store: place.open(), ...kept(way, Courses) })
    await school.start()
    await school.decide(openCourse, 'ts', 5)
    await Promise.all(['ann', 'bob', 'cid'].map((student) => school.decide(enrol, 'ts', student)))
    await school.caughtUp()
    const found = await school.find(Courses, 'ts')
    expect(found?.students.toSorted()).toEqual(['ann', 'bob', 'cid'])
  })

  test('commands that race for one document each have their part in it', async () => {
    await using place = await at()
    const Total = view('total', AccountState, { by: () => 'all' })
    await using one = annals({ store: place.open(), ...kept(way, Total) })
    await using other = annals({ store: place.open(), ...kept(way, Total) })
    await one.start()
    await Promise.all(
      [one, other].flatMap((bank, app) =>
        Array.from({ length: 10 }, (_, index) =>
          bank.open(Account, `account ${app} ${index}`).deposit({ amount: 1 }),
        ),
      ),
    )
    await one.caughtUp()
    expect(await one.find(Total, 'all')).toMatchObject({ balance: 20 })
  })

  test('tenants have documents of their own under the same keys', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), ...kept(way, Balances) })
    await bank.start()
    const acme = bank.with({ tenant: 'acme' })
    const initech = bank.with({ tenant: 'initech' })
    await acme.open(Account, 'a').deposit({ amount: 1 })
    await initech.open(Account, 'a').deposit({ amount: 2 })
    await bank.open(Account, 'a').deposit({ amount: 3 })
    await bank.caughtUp()
    expect(await acme.find(Balances, 'a')).toMatchObject({ balance: 1 })
    expect(await initech.find(Balances, 'a')).toMatchObject({ balance: 2 })
    expect(await bank.find(Balances, 'a')).toMatchObject({ balance: 3 })
    expect((await acme.query(Balances, { where: { balance: { gte: 2 } } })).documents).toEqual([])
    expect(await initech.count(Balances)).toBe(1)
  })

  test('a state that JSON does not give back is kept as its fold says', async () => {
    await using place = await at()
    const Days = fold(
      AccountEvents,
      {
        initial: new Set<string>(),
        MoneyDeposited: (days, _, { at: day }) => new Set([...days, day.toISOString()]),
      },
      {
        state: {
          encode: (days) => [...days],
          decode: (dates) => new Set(dates as readonly string[]),
        },
      },
    )
    const Deposits = view('deposits', Days)
    await using bank = annals({ store: place.open(), ...kept(way, Deposits) })
    await bank.start()
    const first = await bank.open(Account, 'a').deposit({ amount: 1 })
    await bank.caughtUp()
    const second = await bank.open(Account, 'a').deposit({ amount: 2 })
    await bank.caughtUp()
    const days = [first, second].flatMap(({ events }) =>
      events.map(({ at: day }) => day.toISOString()),
    )
    expect(await bank.find(Deposits, 'a')).toEqual(new Set(days))
  })

  test('keys and texts of any characters are kept', async () => {
    await using place = await at()
    const ByOwner = view('by-owner', AccountState, {
      by: (event) => (event.type === 'AccountOpened' ? event.data.owner : []),
      indexes: ['owner'],
    })
    await using bank = annals({ store: place.open(), ...kept(way, ByOwner) })
    await bank.start()
    const owners = ['\u{1f600}', "o'hara; --", '"%_\\', 'é', '\u0001', '__proto__']
    for (const [index, owner] of owners.entries()) await bank.open(Account, `a${index}`).open(owner)
    await bank.caughtUp()
    for (const owner of owners) {
      expect(await bank.find(ByOwner, owner)).toEqual({ owner, balance: 0 })
      expect(await bank.query(ByOwner, { where: { owner } })).toMatchObject({
        documents: [{ key: owner }],
      })
    }
  })
})
