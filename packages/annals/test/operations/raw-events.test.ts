import { annals, type App } from 'annals'
import { rawEvents, type RawQuery, type RawRange } from 'annals/operations'
import { describe, expect, test } from 'vitest'
import { Account, Cart } from '../domain/bank.ts'
import { enrol, openCourse } from '../domain/courses.ts'
import { stores } from '../following/stores.ts'
import { all } from './all.ts'

/** Five events of three streams, then one of another tenant. */
async function filled(bank: App): Promise<App> {
  await bank.open(Account, 'a').open('ann')
  await bank.open(Account, 'a').deposit({ amount: 10 })
  await bank.open(Cart, 'a').add('book', 1)
  await bank.decide(openCourse, 'ts', 2)
  await bank.decide(enrol, 'ts', 'ann')
  await bank.with({ tenant: 'acme' }).open(Account, 'a').deposit({ amount: 1 })
  return bank
}

describe.each(stores)('$name', ({ at }) => {
  test('events are read as they are stored, also of types that the app does not declare', async () => {
    await using place = await at()
    await filled(annals({ store: place.open() }))
    await using onlooker = annals({ store: place.open() })
    const found = await all(rawEvents(onlooker))
    expect(found.map(({ type }) => type)).toEqual([
      'AccountOpened',
      'MoneyDeposited',
      'ItemAdded',
      'CourseOpened',
      'StudentEnrolled',
    ])
    expect(found[1]).toMatchObject({
      tenant: '',
      stream: { category: 'account', id: 'a' },
      version: 2,
      position: 2,
      schemaVersion: 1,
      data: { amount: 10 },
      metadata: { command: { name: 'account.deposit' } },
      tags: [],
    })
    expect(found[1]?.at).toBeInstanceOf(Date)
    expect(found[4]?.tags).toEqual(['course:ts', 'student:ann'])
  })

  test('a query and a range say which events are read', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open() })
    await filled(bank)
    const positions = async (query: RawQuery, range?: RawRange) =>
      (await all(rawEvents(bank, query, range))).map(({ position }) => position)
    expect(await positions({ category: 'account' })).toEqual([1, 2])
    expect(await positions({ stream: 'account/a' })).toEqual([1, 2])
    expect(await positions({ stream: 'cart/a' })).toEqual([3])
    expect(await positions({ types: ['ItemAdded', 'CourseOpened'] })).toEqual([3, 4])
    expect(await positions({ tags: ['course:ts', 'student:ann'] })).toEqual([5])
    expect(await positions({ everyTenant: true })).toEqual([1, 2, 3, 4, 5, 6])
    expect(await positions({}, { after: 1, until: 4 })).toEqual([2, 3, 4])
    expect(await positions({}, { limit: 2 })).toEqual([1, 2])
    expect(await positions({}, { last: 2 })).toEqual([4, 5])
    expect(await positions({}, { last: 0 })).toEqual([])
    expect(await positions({ category: 'account' }, { last: 1, until: 4 })).toEqual([2])
    const acme = await all(rawEvents(bank.with({ tenant: 'acme' })))
    expect(acme).toMatchObject([{ tenant: 'acme', position: 6, data: { amount: 1 } }])
  })

  test('a live read begins with the last events, and goes on with new ones', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open() })
    await filled(bank)
    const stop = new AbortController()
    const seen: number[] = []
    const reading = (async () => {
      const range = { live: true, last: 1, signal: stop.signal }
      for await (const { position } of rawEvents(bank, { category: 'account' }, range)) {
        seen.push(position)
        if (seen.length === 1) await bank.open(Account, 'b').deposit({ amount: 3 })
        if (seen.length === 2) stop.abort(new Error('enough'))
      }
    })()
    await expect(reading).rejects.toThrow('enough')
    expect(seen).toEqual([2, 7])
  })
})

test('a query or a range that means nothing is refused', async () => {
  const [inMemory] = stores
  await using place = await inMemory.at()
  await using bank = annals({ store: place.open() })
  const refused = (query: RawQuery, range: RawRange, message: string) =>
    expect(all(rawEvents(bank, query, range))).rejects.toThrow(message)
  await refused({ stream: 'a/b', category: 'a' }, {}, 'stream names a category already')
  await refused({ stream: 'a' }, {}, '"a" names no stream')
  await refused({}, { last: 1, limit: 1 }, 'last and limit exclude each other')
  await refused({}, { last: -1 }, 'rawEvents: last is -1')
  await refused({}, { limit: 1.5 }, 'limit is 1.5')
  await refused({ type: 'x' } as object, {}, 'the query of rawEvents has no option type')
  await refused({}, { backwards: true } as object, 'rawEvents has no option backwards')
})
