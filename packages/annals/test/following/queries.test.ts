import { annals, fold, memory, view, type App } from 'annals'
import { beforeEach, describe, expect, test } from 'vitest'
import { Account, AccountEvents, AccountState } from '../domain/bank.ts'
import { stores } from './stores.ts'

const Balances = view('balances', AccountState, { indexes: ['owner', 'balance'] })
const Unsearched = view('unsearched', AccountState)

async function opened(bank: App, accounts: Readonly<Record<string, number>>): Promise<void> {
  await bank.together(async (both) => {
    for (const [id, amount] of Object.entries(accounts))
      await both.open(Account, id).deposit({ amount })
  })
}

describe.each(stores)('$name', ({ at }) => {
  test('each document is on one page, whatever is inserted behind meanwhile', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), inline: [Balances] })
    const names = Array.from({ length: 10 }, (_, index) => `account ${index}`)
    await opened(bank, Object.fromEntries(names.map((name, index) => [name, 100 + (index % 3)])))
    const seen: string[] = []
    let after: string | undefined
    do {
      const { documents, next } = await bank.query(Balances, {
        orderBy: { balance: 'asc' },
        limit: 3,
        ...(after !== undefined && { after }),
      })
      seen.push(...documents.map(({ key }) => key))
      await opened(bank, { [`new ${seen.length}`]: 1, [`a new ${seen.length}`]: 100 })
      after = next
    } while (after !== undefined)
    expect(seen.toSorted()).toEqual(names)
  })

  test('a page is followed by another only where there is more', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), inline: [Balances] })
    await opened(bank, { a: 1, b: 2, c: 3, d: 4 })
    const first = await bank.query(Balances, { orderBy: { balance: 'desc' }, limit: 2 })
    expect(first.documents.map(({ key }) => key)).toEqual(['d', 'c'])
    expect(first.next).toEqual(expect.any(String))
    const second = await bank.query(Balances, {
      orderBy: { balance: 'desc' },
      limit: 2,
      after: first.next as string,
    })
    expect(second).toEqual({
      documents: [
        { key: 'b', state: { balance: 2 } },
        { key: 'a', state: { balance: 1 } },
      ],
      next: undefined,
    })
  })

  test('a page holds 100 documents unless it is told how many', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), inline: [Unsearched] })
    const ids = Array.from({ length: 101 }, (_, index) => `${1_000 + index}`)
    await opened(bank, Object.fromEntries(ids.map((id) => [id, 1])))
    const { documents, next } = await bank.query(Unsearched)
    expect(documents.map(({ key }) => key)).toEqual(ids.slice(0, 100))
    const rest = await bank.query(Unsearched, { after: next as string })
    expect(rest.documents.map(({ key }) => key)).toEqual(ids.slice(100))
    expect(await bank.query(Unsearched, { limit: 10_000 })).toMatchObject({ next: undefined })
    expect(await bank.count(Unsearched)).toBe(101)
  })

  test('a document is found by what it is now, and not by what it was', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), inline: [Balances] })
    await bank.open(Account, 'a').deposit({ amount: 1 })
    await bank.open(Account, 'a').deposit({ amount: 1 })
    expect(await bank.count(Balances, { balance: 1 })).toBe(0)
    expect(await bank.count(Balances, { balance: 2 })).toBe(1)
    expect(await bank.count(Balances, { owner: null })).toBe(1)
  })

  test('states that are kept by a codec are searched and paged by what they are', async () => {
    await using place = await at()
    const Coded = view(
      'coded',
      fold(
        AccountEvents,
        {
          initial: { sum: 0n, cents: 0 },
          MoneyDeposited: ({ cents }, { amount }) => ({
            sum: BigInt(cents + amount),
            cents: cents + amount,
          }),
        },
        {
          state: {
            encode: ({ sum }) => String(sum),
            decode: (text) => ({ sum: BigInt(text as string), cents: Number(text) }),
          },
        },
      ),
      { indexes: ['cents'] },
    )
    await using bank = annals({ store: place.open(), inline: [Coded] })
    await opened(bank, { a: 1, b: 20, c: 3 })
    const first = await bank.query(Coded, {
      orderBy: { cents: 'desc' },
      limit: 1,
      where: { cents: { gte: 2 } },
    })
    expect(first.documents).toEqual([{ key: 'b', state: { sum: 20n, cents: 20 } }])
    const asked = { orderBy: { cents: 'desc' }, limit: 5, where: { cents: { gte: 2 } } } as const
    expect(await bank.query(Coded, { ...asked, after: first.next as string })).toMatchObject({
      documents: [{ key: 'c' }],
    })
  })
})

/** A condition in so many others. */
function nested(depth: number): object {
  let where: object = { balance: 1 }
  for (let level = 0; level < depth; level++) where = { not: where }
  return where
}

/** A `next` whose parts somebody has changed. */
function changed(
  next: string | undefined,
  change: (parts: readonly string[]) => readonly string[],
): string {
  const parts = JSON.parse(Buffer.from(next ?? '', 'base64url').toString()) as readonly string[]
  return Buffer.from(JSON.stringify(change(parts))).toString('base64url')
}

describe('what cannot be asked is refused', () => {
  let bank: App
  let next: string | undefined
  beforeEach(async () => {
    bank = annals({ store: memory(), inline: [Balances, Unsearched] })
    await opened(bank, { a: 1, b: 2 })
    next = (await bank.query(Balances, { limit: 1, orderBy: { balance: 'asc' } })).next
  })

  const mistakes: Readonly<Record<string, readonly [() => Promise<unknown>, string]>> = {
    'a field without an index': [
      // @ts-expect-error it has none
      () => bank.query(Balances, { where: { debt: 1 } }),
      'query of balances: debt has no index; name it in `indexes` of the view, and raise its version (it has owner, balance)',
    ],
    'a field of a view without indexes': [
      // @ts-expect-error it has none
      () => bank.count(Unsearched, { balance: 1 }),
      'query of unsearched: balance has no index; name it in `indexes` of the view, and raise its version',
    ],
    'an order by a field without an index': [
      // @ts-expect-error it has none
      () => bank.query(Unsearched, { orderBy: { balance: 'asc' } }),
      'query of unsearched: balance has no index; name it in `indexes` of the view, and raise its version',
    ],
    'undefined as a value': [
      // @ts-expect-error null is asked for instead
      () => bank.query(Balances, { where: { owner: undefined } }),
      'query of balances: owner is undefined; leave it out, or ask for null',
    ],
    'undefined as what to compare with': [
      // @ts-expect-error it is left out
      () => bank.query(Balances, { where: { balance: { gte: 1, lt: undefined } } }),
      'query of balances: balance: lt is undefined; leave it out',
    ],
    'an unknown comparison': [
      // @ts-expect-error there is none
      () => bank.query(Balances, { where: { balance: { above: 1 } } }),
      'query of balances: balance has no option above; it takes lt, lte, gt, gte, in, prefix, not',
    ],
    'a list that is none': [
      // @ts-expect-error a list
      () => bank.query(Balances, { where: { balance: { in: 7 } } }),
      'query of balances: balance: in takes a list',
    ],
    'a prefix that is no text': [
      // @ts-expect-error a text
      () => bank.query(Balances, { where: { owner: { prefix: 7 } } }),
      'query of balances: owner: prefix takes a text',
    ],
    'alternatives that are no list': [
      // @ts-expect-error a list
      () => bank.query(Balances, { where: { or: { balance: 1 } } }),
      'query of balances: or takes a list',
    ],
    'an order that is none': [
      // @ts-expect-error 'asc' or 'desc'
      () => bank.query(Balances, { orderBy: { balance: 'down' } }),
      "query of balances: orderBy.balance is down; it takes 'asc' or 'desc'",
    ],
    'a misspelt option': [
      // @ts-expect-error misspelt
      () => bank.query(Balances, { wher: {} }),
      'query of balances has no option wher; it takes where, orderBy, limit, after',
    ],
    'a page of nothing': [
      () => bank.query(Balances, { limit: 0 }),
      'query of balances: limit is 0; it takes a whole number from 1',
    ],
    'a page of more than 10,000': [
      () => bank.query(Balances, { limit: 10_001 }),
      'query of balances: limit is 10001; the most is 10000, page by page',
    ],
    'the page of another order': [
      () => bank.query(Balances, { orderBy: { balance: 'desc' }, after: next as string }),
      'query of balances: after takes the `next` of a page of the same query; begin anew without it',
    ],
    'the page of another view': [
      () => bank.query(Unsearched, { after: next as string }),
      'query of unsearched: after takes the `next` of a page of the same query; begin anew without it',
    ],
    'a page that is none': [
      () => bank.query(Balances, { after: 'page 2' }),
      'query of balances: after takes the `next` of a page of the same query; begin anew without it',
    ],
    'a page that somebody has shortened': [
      () =>
        bank.query(Balances, {
          orderBy: { balance: 'asc' },
          after: changed(next, (parts) => parts.slice(0, -1)),
        }),
      'query of balances: after takes the `next` of a page of the same query; begin anew without it',
    ],
    'a page that somebody has lengthened': [
      () =>
        bank.query(Balances, {
          orderBy: { balance: 'asc' },
          after: changed(next, (parts) => [...parts, 'a']),
        }),
      'query of balances: after takes the `next` of a page of the same query; begin anew without it',
    ],
    'a page that no database takes': [
      () =>
        bank.query(Balances, {
          orderBy: { balance: 'asc' },
          after: changed(next, (parts) => [...parts.slice(0, -1), '\0']),
        }),
      'query of balances: after takes the `next` of a page of the same query; begin anew without it',
    ],
    'an empty key': [() => bank.find(Balances, ''), 'a key of the view balances m'],
    'a key that is no text': [
      // @ts-expect-error a text
      () => bank.find(Balances, 7),
      'key of the view balances',
    ],
    'a misspelt option of find': [
      // @ts-expect-error misspelt
      () => bank.find(Balances, 'a', { afer: 7 }),
      'find has no option afer; it takes after, timeout, signal',
    ],
    'a position that is none': [
      () => bank.find(Balances, 'a', { after: -1 }),
      'find: after is -1; it takes a whole number from 0',
    ],
    'a timeout that is none': [
      // @ts-expect-error a duration
      () => bank.find(Balances, 'a', { after: 1, timeout: 'soon' }),
      'timeout is "soon"; it takes a duration like',
    ],
  }

  test.each(Object.entries(mistakes))('%s', async (_, [mistake, message]) => {
    await expect(mistake()).rejects.toMatchObject({
      code: 'ANNALS_OPTION',
      message: expect.stringContaining(message) as string,
    })
  })

  test.each([
    ['a where that is null', { where: null }],
    ['a where that is a list', { where: [] }],
    ['a date as a value', { where: { owner: new Date(0) } }],
    ['a list as a value', { where: { owner: ['ann'] } }],
    ['undefined among alternatives', { where: { or: [undefined] } }],
    ['undefined among conditions', { where: { and: [undefined] } }],
    ['a value that is no comparison', { where: { not: 'ann' } }],
    ['conditions within conditions without end', { where: nested(2_000) }],
    ['a number that is none', { where: { balance: { lt: Number.NaN } } }],
  ])('%s', async (_, query) => {
    await expect(bank.query(Balances, query as never)).rejects.toMatchObject({
      code: 'ANNALS_OPTION',
    })
  })
})
