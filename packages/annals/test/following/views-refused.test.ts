import { annals, fold, memory, subscription, UnavailableError, view } from 'annals'
import { parked, status } from 'annals/operations'
import { describe, expect, test } from 'vitest'
import { Account, AccountEvents, AccountState } from '../domain/bank.ts'
import { inMemory, overriding, stores } from './stores.ts'
import { eventually } from './waiting.ts'

/** Sums up, but turns into something that JSON does not give back when money is withdrawn. */
const Spoilt = view(
  'spoilt',
  fold(AccountEvents, {
    initial: { sum: 0, at: '' },
    MoneyDeposited: (state, { amount }) => ({ ...state, sum: state.sum + amount }),
    MoneyWithdrawn: (state) => ({ ...state, at: new Map() as unknown as string }),
  }),
)

const Throwing = view(
  'throwing',
  fold(AccountEvents, {
    initial: { sum: 0 },
    MoneyDeposited: ({ sum }, { amount }) => ({ sum: sum + amount }),
    MoneyWithdrawn: () => {
      throw new RangeError('no withdrawals here')
    },
  }),
)

/** Has an index that takes no text longer than 500 characters. */
const Searched = view('searched', AccountState, { indexes: ['owner'] })

/** Notes for each letter of an owner who has it, and so many are enough. */
const picky = (most: number) =>
  view(
    'picky',
    fold(AccountEvents, {
      initial: { owners: '' },
      AccountOpened: ({ owners }, { owner }) => {
        if (owners.length >= most) throw new Error('these are enough')
        return { owners: owners + owner[0] }
      },
    }),
    { by: (event) => (event.type === 'AccountOpened' ? Array.from(event.data.owner) : []) },
  )
const Picky = picky(3)

describe.each(stores)('$name', ({ at }) => {
  test('an inline view whose state JSON does not give back refuses the append, with the path', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), inline: [Spoilt] })
    await bank.open(Account, 'a').deposit({ amount: 5 })
    await expect(bank.open(Account, 'a').withdraw({ amount: 1 })).rejects.toMatchObject({
      code: 'ANNALS_NOT_JSON',
      issues: [{ path: 'at' }],
    })
    expect(await bank.load(Account, 'a')).toMatchObject({ version: 1 })
    expect(await bank.find(Spoilt, 'a')).toEqual({ sum: 5, at: '' })
  })

  test('an inline view whose fold throws refuses the append, and no other', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), inline: [Throwing] })
    await bank.open(Account, 'a').deposit({ amount: 5 })
    const all = await Promise.allSettled([
      bank.open(Account, 'a').withdraw({ amount: 1 }),
      bank.open(Account, 'b').deposit({ amount: 2 }),
      bank.open(Account, 'c').deposit({ amount: 3 }),
    ])
    expect(all.map(({ status: outcome }) => outcome)).toEqual([
      'rejected',
      'fulfilled',
      'fulfilled',
    ])
    expect(all[0]).toMatchObject({ reason: new RangeError('no withdrawals here') })
    expect((await bank.query(Throwing)).documents).toEqual([
      { key: 'a', state: { sum: 5 } },
      { key: 'b', state: { sum: 2 } },
      { key: 'c', state: { sum: 3 } },
    ])
  })

  test('an inline view refuses an append whose value no index takes', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), inline: [Searched] })
    await expect(bank.open(Account, 'a').open('x'.repeat(501))).rejects.toMatchObject({
      code: 'ANNALS_NOT_JSON',
    })
    await bank.open(Account, 'a').open('x'.repeat(500))
    expect(await bank.count(Searched, { owner: 'x'.repeat(500) })).toBe(1)
  })

  test('a background view parks what it cannot keep, with the later events of the document, and goes on', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Spoilt] })
    await bank.open(Account, 'a').deposit({ amount: 5 })
    await bank.open(Account, 'a').withdraw({ amount: 1 })
    await bank.open(Account, 'a').deposit({ amount: 7 })
    await bank.open(Account, 'b').deposit({ amount: 2 })
    await bank.start()
    await bank.caughtUp()
    expect((await bank.query(Spoilt)).documents).toEqual([
      { key: 'a', state: { sum: 5, at: '' } },
      { key: 'b', state: { sum: 2, at: '' } },
    ])
    expect(await parked(bank)).toMatchObject([
      {
        processor: 'spoilt',
        queue: 'a',
        position: 2,
        type: 'MoneyWithdrawn',
        attempts: 1,
        error: expect.stringContaining(
          'InvalidError: the document a of the view spoilt: at: an instance of Map',
        ) as string,
      },
      { processor: 'spoilt', queue: 'a', position: 3, attempts: 0 },
    ])
  })

  test('a document that stands still says so to who asks for a position after its parked event', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Throwing] })
    await bank.start()
    const { position: seen } = await bank.open(Account, 'a').deposit({ amount: 5 })
    const { position } = await bank.open(Account, 'a').withdraw({ amount: 1 })
    await expect(bank.find(Throwing, 'a', { after: position })).rejects.toMatchObject({
      code: 'ANNALS_PARKED',
      message: `the document a of throwing stands before position ${position}, where MoneyWithdrawn could not be handled (RangeError: no withdrawals here); mend the cause, then retry or discard the parked event`,
    })
    expect(await bank.find(Throwing, 'a', { after: seen })).toEqual({ sum: 5 })
    expect(await bank.find(Throwing, 'b', { after: position })).toBeUndefined()
    expect(await bank.find(Throwing, 'a')).toEqual({ sum: 5 })
  })

  test('an event that fails for one of its documents is parked for that one alone', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Picky] })
    await bank.start()
    for (const [index, owner] of ['ab', 'ac', 'ad', 'ae'].entries())
      await bank.open(Account, `${index}`).open(owner)
    await bank.caughtUp()
    expect(await bank.find(Picky, 'a')).toEqual({ owners: 'aaa' })
    expect(await bank.find(Picky, 'e')).toEqual({ owners: 'a' })
    expect(await parked(bank)).toMatchObject([{ queue: 'a', position: 4 }])
    const [standing] = (await status(bank)).processors
    expect(standing).toMatchObject({ position: 4, lag: 0, parked: { events: 1 } })
  })
})

test('a document that the database does not take is parked, and others go on', async () => {
  await using place = await stores[2].at()
  const ByOwner = view('by-owner', AccountState, {
    by: (event) => (event.type === 'AccountOpened' ? event.data.owner.slice(0, 333) : []),
    indexes: ['owner'],
    retry: { attempts: 1 },
  })
  await using bank = annals({ store: place.open(), background: [ByOwner] })
  await bank.start()
  // with its key and its tenant too much for a row of an index, and nothing that could be compressed
  let last = 1
  const long = (characters: number) =>
    Array.from({ length: characters }, () => {
      last = (last * 48_271) % 2_147_483_647
      return String.fromCharCode(0x4e00 + (last % 20_000))
    }).join('')
  await bank
    .with({ tenant: long(333) })
    .open(Account, 'a')
    .open(long(500))
  const { position } = await bank.open(Account, 'b').open('bob')
  expect(await bank.find(ByOwner, 'bob', { after: position })).toMatchObject({ owner: 'bob' })
  expect(await parked(bank)).toMatchObject([{ position: 1, attempts: 1 }])
})

test('a document gets an event once, although the process ended between it and the others of the event', async () => {
  const place = await inMemory()
  const store = place.open()
  const ledger = overriding(store.ledger, {
    commit: async (page) => {
      // what puts aside, after the documents that could be written
      if (!page.documents) throw new UnavailableError('ANNALS_UNAVAILABLE', 'gone')
      return store.ledger.commit(page)
    },
  })
  const first = annals({ store: overriding(store, { ledger }), background: [Picky] })
  for (const [index, owner] of ['b', 'b', 'b', 'ab', 'a'].entries())
    await first.open(Account, `${index}`).open(owner)
  await first.start()
  const document = () => store.documents.find(Picky, { tenant: '', key: 'a' })
  await eventually(async () => (await document())?.state).toBe('{"owners":"a"}')
  await first.close()
  // a program that goes on from there, and has room for more
  const Mended = picky(10)
  await using next = annals({ store: place.open(), background: [Mended] })
  await next.start()
  await next.caughtUp()
  expect(await next.find(Mended, 'a')).toEqual({ owners: 'aa' })
  expect(await next.find(Mended, 'b')).toEqual({ owners: 'bbba' })
  expect(await parked(next)).toEqual([])
})

test('a fold that gives a promise is refused', async () => {
  const Late = view(
    'late',
    fold(AccountEvents, {
      initial: { sum: 0 },
      MoneyDeposited: (async () => ({ sum: 1 })) as unknown as () => { sum: number },
    }),
  )
  await using bank = annals({ store: memory(), inline: [Late] })
  await expect(bank.open(Account, 'a').deposit({ amount: 1 })).rejects.toThrow(
    'view late: the fold gives a promise for MoneyDeposited; folds are synchronous',
  )
})

test('a fold cannot change the state that it is given, wherever that comes from', async () => {
  const Changing = view(
    'changing',
    fold(AccountEvents, {
      initial: { sums: [] as number[] },
      MoneyDeposited: (state, { amount }) => {
        if (amount > 1) state.sums.push(amount)
        return { sums: [...state.sums, amount] }
      },
    }),
  )
  await using bank = annals({ store: memory(), inline: [Changing] })
  await expect(bank.open(Account, 'a').deposit({ amount: 2 })).rejects.toThrow(TypeError)
  await bank.open(Account, 'a').deposit({ amount: 1 })
  await expect(bank.open(Account, 'a').deposit({ amount: 2 })).rejects.toThrow(TypeError)
  const both = bank.together(async (all) => {
    await all.open(Account, 'b').deposit({ amount: 1 })
    await all.open(Account, 'b').deposit({ amount: 2 })
  })
  await expect(both).rejects.toThrow(TypeError)
})

const mistakes: Readonly<Record<string, () => unknown>> = {
  'a name with a capital': () => view('Balances', AccountState),
  'a name of 41 characters': () => view('a'.repeat(41), AccountState),
  'an empty name': () => view('', AccountState),
  // @ts-expect-error misspelt
  'a misspelt option': () => view('balances', AccountState, { index: ['owner'] }),
  'an index that is named twice': () =>
    view('balances', AccountState, { indexes: ['owner', 'owner'] }),
  'version 0': () => view('balances', AccountState, { version: 0 }),
  'no slices': () => view('balances', AccountState, { slices: 0 }),
  'more slices than hashes': () => view('balances', AccountState, { slices: 1_025 }),
  'no attempts': () => view('balances', AccountState, { retry: { attempts: 0 } }),
  // @ts-expect-error a number
  'a back-off without a unit': () => view('balances', AccountState, { retry: { backoff: 5 } }),
  // @ts-expect-error misspelt
  'a misspelt option of retry': () => view('balances', AccountState, { retry: { atempts: 5 } }),
  // @ts-expect-error a text
  'a `by` that is no function': () => view('balances', AccountState, { by: 'owner' }),
  'two views of one name': () =>
    annals({
      store: memory(),
      inline: [view('balances', AccountState)],
      background: [view('balances', AccountState)],
    }),
  'a subscription of the name of a view': () =>
    annals({
      store: memory(),
      background: [
        view('balances', AccountState),
        subscription('balances', AccountEvents, { MoneyDeposited: () => {} }),
      ],
    }),
}

test.each(Object.entries(mistakes))('%s is refused', (_, mistake) => {
  expect(mistake).toThrow(expect.objectContaining({ code: 'ANNALS_OPTION' }))
})

test.each([
  ['a number', 7],
  ['a list with something else', ['a', 7]],
  ['nothing', undefined],
])('`by` that gives %s is refused', async (_, given) => {
  const Odd = view('odd', AccountState, { by: () => given as unknown as string })
  await using bank = annals({ store: memory(), inline: [Odd] })
  await expect(bank.open(Account, 'a').deposit({ amount: 1 })).rejects.toThrow(
    /view odd: by gave .* for MoneyDeposited; it gives a text, several, or \[\]/,
  )
})
