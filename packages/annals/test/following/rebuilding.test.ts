import {
  annals,
  fold,
  memory,
  subscription,
  view,
  type App,
  type EventStore,
  type Progress,
} from 'annals'
import {
  diff,
  diffTables,
  drop,
  health,
  parked,
  pause,
  rebuild,
  resume,
  status,
  unbuilt,
  versions,
  type TableRows,
} from 'annals/operations'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Account, AccountEvents, AccountState } from '../domain/bank.ts'
import { counting, deposited } from './deposits.ts'
import { PostgreSQL, SQLite, totals, type Definition } from './projecting.ts'
import { stores } from './stores.ts'
import { eventually } from './waiting.ts'

const Balances = view('balances', AccountState, { indexes: ['balance'] })
const Second = view('balances', AccountState, { version: 2 })
const Third = view('balances', AccountState, { version: 3 })

/** A pause that is over at once. */
const soon = { wait: '1ms' } as const

/** Appends deposits of one to a hundred accounts in turns, a thousand at a time. */
async function manyDeposits(store: EventStore, count: number): Promise<void> {
  for (let from = 0; from < count; from += 1_000)
    await store.append({
      tenant: '',
      drafts: Array.from({ length: Math.min(1_000, count - from) }, (_, index) => ({
        id: crypto.randomUUID(),
        stream: { category: 'account', id: `a${index % 100}` },
        type: 'MoneyDeposited',
        schemaVersion: 1,
        data: '{"amount":1}',
        metadata: '{"correlation":"c","causation":"c"}',
        tags: [],
      })),
    })
}

/** The balances of the accounts that `manyDeposits` fills, as a version shows them. */
async function balances(bank: App, of: typeof Second): Promise<number[]> {
  const { documents } = await bank.query(of, { limit: 1_000 })
  return documents.map(({ state }) => state.balance)
}

/** Which versions the store knows, and which is live: with a star. */
async function known(bank: App): Promise<string[]> {
  return (await versions(bank)).map(
    ({ name, version, live }) => `${name} ${version}${live ? ' *' : ''}`,
  )
}

/** Ends the build of a version before it has begun. */
async function notBuilt(bank: App): Promise<void> {
  const ended = rebuild(bank, 'balances', { signal: AbortSignal.abort(new Error('at once')) })
  await expect(ended).rejects.toThrow('at once')
}

describe.each(stores)('$name', ({ at }) => {
  test('a raised version is built by itself, and is read when it is', async () => {
    await using place = await at()
    await using old = annals({ store: place.open(), background: [Balances] })
    await old.start()
    await manyDeposits(place.open(), 25_000)
    await old.caughtUp()
    await using next = annals({ store: place.open(), background: [Second] })
    await next.start()
    const read = balances(next, Second)
    await deposited(old, 'late')
    expect(await read).toEqual(expect.arrayContaining(Array(100).fill(250)))
    await next.caughtUp()
    expect(await next.find(Second, 'late')).toMatchObject({ balance: 1 })
    await eventually(() => known(old)).toEqual(['balances 1.2 *', 'balances 1.1'])
    // whoever has the old version goes on with it
    await deposited(next, 'late')
    await old.caughtUp()
    expect(await old.find(Balances, 'late')).toMatchObject({ balance: 2 })
  })

  test('nothing is read of a version that is not built, and the error says how far it is', async () => {
    await using place = await at()
    await manyDeposits(place.open(), 10)
    await using bank = annals({ store: place.open(), background: [Balances], rebuild: soon })
    const refused = {
      code: 'ANNALS_REBUILDING',
      retry: true,
      message:
        'version 1.1 of balances is being built: at position 0 of 10 (0 %), run by nobody: call start() in a process that keeps it',
      progress: { name: 'balances', version: '1.1', position: 0, goal: 10 },
    }
    await expect(bank.find(Balances, 'a0')).rejects.toMatchObject(refused)
    await expect(bank.query(Balances)).rejects.toMatchObject(refused)
    await expect(bank.count(Balances)).rejects.toMatchObject(refused)
    await expect(bank.find(Balances, 'a0', { after: 10 })).rejects.toMatchObject(refused)
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(bank.with({ signal }).query(Balances)).rejects.toThrow('enough')
    await bank.start()
    expect(await bank.find(Balances, 'a0', { timeout: '20s' })).toMatchObject({ balance: 1 })
    expect(await bank.count(Balances)).toBe(10)
  })

  test('rebuild builds it before the roll-out, beside the old one, and touches nothing else', async () => {
    await using place = await at()
    const { seen, note } = counting()
    const Seen = subscription('seen', AccountEvents, { MoneyDeposited: note })
    await using old = annals({ store: place.open(), inline: [Balances] })
    await manyDeposits(place.open(), 12_000)
    await old.start()
    await eventually(() => known(old)).toEqual(['balances 1.1 *'])
    await using next = annals({
      store: place.open(),
      inline: [Second],
      background: [Seen],
      rebuild: soon,
    })
    expect((await unbuilt(next)).map(({ version }) => version)).toEqual(['1.2'])
    const told: Progress[] = []
    const { position, goal } = await rebuild(next, Second, { onProgress: (one) => told.push(one) })
    expect([position, goal]).toEqual([12_000, 12_000])
    expect(told.at(-1)).toMatchObject({ name: 'balances', version: '1.2', remaining: 0 })
    expect(await known(old)).toEqual(['balances 1.2', 'balances 1.1 *'])
    expect(await balances(next, Second)).toEqual(Array(100).fill(120))
    await deposited(old, 'a0')
    expect(await old.find(Balances, 'a0')).toMatchObject({ balance: 121 })
    expect(seen).toEqual([])
    await next.start()
    await next.caughtUp()
    await eventually(() => known(next)).toEqual(['balances 1.2 *', 'balances 1.1', 'seen 1 *'])
    expect(await next.find(Second, 'a0')).toMatchObject({ balance: 121 })
    expect(await unbuilt(next)).toEqual([])
    expect(seen).toHaveLength(12_001)
  })

  test('a rebuild that is ended goes on where it was', async () => {
    await using place = await at()
    await manyDeposits(place.open(), 30_000)
    await using bank = annals({ store: place.open(), background: [Second] })
    const end = new AbortController()
    const onProgress = ({ position }: Progress) => {
      if (position > 0) end.abort(new Error('enough'))
    }
    // a page takes a second
    const ended = rebuild(bank, 'balances', { rate: 10_000, onProgress, signal: end.signal })
    await expect(ended).rejects.toThrow('enough')
    const first: Progress[] = []
    await rebuild(bank, Second, { onProgress: (progress) => first.push(progress) })
    expect(first[0]?.position).toBeGreaterThanOrEqual(10_000)
    expect(await balances(bank, Second)).toEqual(Array(100).fill(300))
  })

  test('a build that somebody has paused ends, and says so', async () => {
    await using place = await at()
    await manyDeposits(place.open(), 10)
    await using bank = annals({ store: place.open(), background: [Second] })
    await expect(bank.find(Second, 'a', { timeout: '1ms' })).rejects.toThrow('is being built')
    await pause(bank, Second)
    await expect(rebuild(bank, Second)).rejects.toThrow(
      'rebuild: balances is paused; resume it, and call rebuild again',
    )
    await resume(bank, Second)
    expect(await rebuild(bank, Second)).toMatchObject({ position: 10, goal: 10, parked: 0 })
  })

  test('an event that cannot be handled is parked by a build too, and holds up its document only', async () => {
    await using place = await at()
    await manyDeposits(place.open(), 12_000)
    const Picky = view(
      'balances',
      fold(AccountEvents, {
        initial: { count: 0 },
        MoneyDeposited: ({ count }, _, { position }) => {
          if (position === 5_001) throw new Error('not this one')
          return { count: count + 1 }
        },
      }),
      { retry: { attempts: 1 } },
    )
    await using bank = annals({ store: place.open(), background: [Picky] })
    expect(await rebuild(bank, Picky)).toMatchObject({ remaining: 0, parked: 70 })
    const [first, ...behind] = await parked(bank, { limit: 1_000 })
    expect([first?.position, first?.error]).toEqual([5_001, 'Error: not this one'])
    expect(behind).toHaveLength(69)
    const { documents } = await bank.query(Picky, { limit: 1_000 })
    expect(documents.find(({ key }) => key === 'a0')?.state).toEqual({ count: 50 })
    expect(documents.filter(({ state }) => state.count === 120)).toHaveLength(99)
  })

  test('a rebuild goes no faster than it may', async () => {
    await using place = await at()
    await manyDeposits(place.open(), 21_000)
    await using bank = annals({ store: place.open(), background: [Second, Third] })
    const took = async (of: typeof Second, rate?: number) => {
      const began = performance.now()
      await rebuild(bank, of, rate === undefined ? {} : { rate })
      return performance.now() - began
    }
    expect(await took(Second, 20_000)).toBeGreaterThan(950)
    expect(await took(Third)).toBeLessThan(900)
  })

  test('a rebuild with a rate goes evenly, and keeps what it has done', async () => {
    await using place = await at()
    await manyDeposits(place.open(), 12_000)
    await using bank = annals({ store: place.open(), background: [Second] })
    const stop = new AbortController()
    const seen: number[] = []
    const onProgress = ({ position }: Progress) => {
      seen.push(position)
      if (position > 800) stop.abort(new Error('enough'))
    }
    const rebuilt = rebuild(bank, Second, { rate: 400, onProgress, signal: stop.signal })
    await expect(rebuilt).rejects.toThrow('enough')
    const steps = seen.map((position, index) => position - (seen[index - 1] ?? 0))
    // it is written each second
    expect(Math.max(...steps)).toBeLessThan(1_200)
  })

  test('who goes back reads the old version when it has what it lacks', async () => {
    await using place = await at()
    {
      await using old = annals({ store: place.open(), background: [Balances] })
      await old.start()
      await deposited(old, 'a')
      await old.caughtUp()
    }
    {
      await using next = annals({ store: place.open(), background: [Second] })
      await next.start()
      await eventually(() => known(next)).toEqual(['balances 1.2 *', 'balances 1.1'])
      await deposited(next, 'a', 'b')
      await next.caughtUp()
    }
    await using back = annals({ store: place.open(), background: [Balances], rebuild: soon })
    await expect(back.find(Balances, 'b')).rejects.toMatchObject({ code: 'ANNALS_REBUILDING' })
    await back.start()
    expect(await back.find(Balances, 'a', { timeout: '20s' })).toMatchObject({ balance: 2 })
    expect(await back.find(Balances, 'b')).toMatchObject({ balance: 1 })
    await eventually(() => known(back)).toEqual(['balances 1.2', 'balances 1.1 *'])
  })

  test('while processes of both versions append, an inline view shows to each what it has appended', async () => {
    await using place = await at()
    await using old = annals({ store: place.open(), inline: [Balances] })
    await old.start()
    await deposited(old, 'a')
    await using next = annals({ store: place.open(), inline: [Second] })
    await next.start()
    const standing = async () => (await status(next)).processors[0]
    await eventually(standing).toMatchObject({ state: 'following', live: true })
    for (let each = 1; each <= 15; each++) {
      await deposited(old, 'a', 'old')
      await deposited(next, 'a', 'next')
      expect(await next.find(Second, 'next')).toMatchObject({ balance: each })
      await deposited(old, 'old 2')
      expect(await old.find(Balances, 'old')).toMatchObject({ balance: each })
      expect(await old.count(Balances, { balance: each })).toBeGreaterThanOrEqual(2)
      // whoever follows stays its owner: between two turns it would be run by nobody
      expect(await standing()).toMatchObject({ state: 'following' })
    }
    expect((await health(next)).problems).toEqual([])
    await old.close()
    await eventually(standing).toMatchObject({ state: 'inline', lag: 0 })
    expect(await next.find(Second, 'a')).toMatchObject({ balance: 31 })
  })

  test('an app may keep the version before, and read both', async () => {
    await using place = await at()
    await using old = annals({ store: place.open(), inline: [Balances] })
    await deposited(old, 'a')
    await using bank = annals({ store: place.open(), inline: [Balances, Second] })
    await bank.start()
    await bank.caughtUp()
    await deposited(bank, 'a')
    for (const version of [Balances, Second])
      expect(await bank.find(version, 'a')).toMatchObject({ balance: 2 })
    await eventually(async () => (await status(bank)).processors).toMatchObject([
      { version: '1.1', state: 'inline', live: false },
      { version: '1.2', state: 'inline', live: true },
    ])
  })

  test('two versions are compared, by their documents, while both go on', async () => {
    await using place = await at()
    const Changed = view(
      'balances',
      fold(AccountEvents, {
        initial: { owner: undefined as string | undefined, balance: 0 },
        AccountOpened: (account, { owner }) => ({ ...account, owner }),
        MoneyDeposited: (account, { amount }, { stream }) => ({
          ...account,
          balance: account.balance + (stream.id === 'a' ? 2 : 1) * amount,
        }),
      }),
      {
        version: 2,
        by: ({ stream }) =>
          stream.id === 'd' ? ['d', 'copy'] : stream.id === 'b' ? [] : stream.id,
      },
    )
    await using old = annals({ store: place.open(), background: [Balances] })
    await old.start()
    await deposited(old, 'a', 'b', 'c', 'd')
    await deposited(old.with({ tenant: 'acme' }), 'a', 'c')
    await old.caughtUp()
    await using next = annals({ store: place.open(), background: [Changed] })
    await expect(diff(old, 'balances')).rejects.toThrow(
      'diff: it takes two versions of a view, and the store knows balances@1.1',
    )
    await rebuild(next, Changed)
    const found = await diff(next, 'balances')
    expect(found).toEqual({
      name: 'balances',
      from: '1.1',
      to: '1.2',
      same: 3,
      different: 2,
      onlyFrom: 1,
      onlyTo: 1,
      behind: 0,
      positions: { from: 6, to: 6, end: 6 },
      differences: [
        { tenant: '', key: 'a', from: { balance: 1 }, to: { balance: 2 } },
        { tenant: '', key: 'b', from: { balance: 1 }, to: undefined },
        { tenant: '', key: 'copy', from: undefined, to: { balance: 1 } },
        { tenant: 'acme', key: 'a', from: { balance: 1 }, to: { balance: 2 } },
      ],
    })
    await deposited(old, 'c')
    await old.caughtUp()
    const { behind, same, differences } = await diff(next, 'balances', { limit: 1 })
    expect([behind, same, differences.length]).toEqual([1, 2, 1])
    expect(await diff(next, 'balances', { from: '1.2', to: '1.1' })).toMatchObject({
      onlyFrom: 1,
      from: '1.2',
    })
    await expect(diff(next, 'balances', { to: '3.1' })).rejects.toThrow(
      'the store knows balances@1.2, balances@1.1',
    )
    await expect(diff(next, 'none')).rejects.toThrow('the store knows no none')
    // @ts-expect-error misspelt
    await expect(diff(next, 'balances', { form: '1.1' })).rejects.toThrow('no option form')
  })

  test('an event that only one version handles, or puts elsewhere, makes a difference', async () => {
    await using place = await at()
    const Deposits = view(
      'balances',
      fold(AccountEvents, {
        initial: { balance: 0 },
        MoneyDeposited: ({ balance }, { amount }) => ({ balance: balance + amount }),
      }),
    )
    const Changed = view('balances', AccountState, {
      version: 2,
      by: ({ stream, type }) =>
        stream.id === 'b' && type === 'MoneyWithdrawn' ? 'moved' : stream.id,
      slices: 3,
    })
    await using bank = annals({ store: place.open(), background: [Deposits, Changed] })
    await deposited(bank, 'a', 'b', 'c')
    for (const id of ['a', 'b']) await bank.open(Account, id).withdraw({ amount: 1 })
    await bank.start()
    await bank.caughtUp()
    expect(await diff(bank, 'balances')).toMatchObject({
      same: 2,
      different: 1,
      onlyFrom: 0,
      onlyTo: 1,
      behind: 0,
      differences: [
        { key: 'a', from: { balance: 1 }, to: { balance: 0 } },
        { key: 'moved', from: undefined, to: { balance: -1 } },
      ],
    })
  })

  test('what a version has not seen yet is no difference', async () => {
    await using place = await at()
    await using old = annals({ store: place.open(), inline: [Balances] })
    await deposited(old, 'a', 'b')
    await using next = annals({ store: place.open(), background: [Second] })
    await expect(diff(next, 'balances')).rejects.toThrow(
      'diff: version 1.2 of balances has not been built; run npx annals rebuild balances@1.2',
    )
    await notBuilt(next)
    const counts = { same: 0, different: 0, onlyFrom: 0, onlyTo: 0, behind: 2 }
    expect(await diff(next, 'balances')).toMatchObject({
      ...counts,
      positions: { from: 2, to: 0, end: 2 },
      differences: [],
    })
    await rebuild(next, Second)
    await deposited(old, 'b', 'c')
    expect(await diff(next, 'balances')).toMatchObject({
      ...counts,
      same: 1,
      positions: { from: 4, to: 2, end: 4 },
    })
    await rebuild(next, Second)
    expect(await diff(next, 'balances')).toMatchObject({ ...counts, same: 3, behind: 0 })
  })

  test('what changes while it is compared is looked at again', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Balances, Second] })
    await bank.start()
    await deposited(bank, 'a')
    await bank.caughtUp()
    for (let count = 0; count < 10; count++) {
      const [found] = await Promise.all([
        diff(bank, 'balances'),
        deposited(bank, 'a', `a${count}`, 'b', `b${count}`),
      ])
      expect(found).toMatchObject({ different: 0, onlyFrom: 0, onlyTo: 0 })
    }
  })

  test('a version is dropped when nobody needs it any more', async () => {
    await using place = await at()
    const old = annals({ store: place.open(), background: [Balances] })
    await old.start()
    await deposited(old, 'a')
    await old.caughtUp()
    await using next = annals({ store: place.open(), background: [Second] })
    await next.start()
    await eventually(() => known(next)).toEqual(['balances 1.2 *', 'balances 1.1'])
    await expect(drop(next, 'balances', '1.1')).rejects.toThrow(
      'balances of version 1.1 is run by a process; stop what keeps it, and try again some seconds later',
    )
    await old.close()
    await drop(next, 'balances', '1.1')
    expect(await known(next)).toEqual(['balances 1.2 *'])
    expect(await next.find(Second, 'a')).toMatchObject({ balance: 1 })
    await expect(drop(next, 'balances', '1.1')).rejects.toThrow(
      'drop: the store knows no balances@1.1; it knows balances@1.2',
    )
    await expect(drop(next, 'balances', '1.2')).rejects.toThrow(
      'drop: balances@1.2 is live; deploy another version first, or say live: true (--live) where nobody needs it any more',
    )
    await next.close()
    await using none = annals({ store: place.open() })
    await drop(none, 'balances', '1.2', { live: true })
    expect(await known(none)).toEqual([])
  })

  test('what cannot be built is refused', async () => {
    await using place = await at()
    const Seen = subscription('seen', AccountEvents, { MoneyDeposited: () => {} })
    await using bank = annals({ store: place.open(), background: [Balances, Seen] })
    await bank.start()
    await expect(rebuild(bank, 'balances')).rejects.toThrow(
      'rebuild: version 1.1 of balances is built and live; raise its version to build it anew beside that',
    )
    await expect(rebuild(bank, Seen)).rejects.toThrow(
      'rebuild: seen is a subscription, whose effects would be repeated; only views and projections are built',
    )
    await expect(rebuild(bank, Second)).rejects.toThrow(
      'rebuild: the app keeps no balances@1.2; it keeps balances@1.1, seen',
    )
    await expect(rebuild(bank, 'balances', { rate: 0 })).rejects.toThrow('rebuild: rate is 0')
    // @ts-expect-error misspelt
    await expect(rebuild(bank, 'balances', { rat: 1 })).rejects.toThrow('no option rat')
    // @ts-expect-error misspelt
    await expect(drop(bank, 'a', '1', { alive: true })).rejects.toThrow('no option alive')
  })
})

test('options of builds that cannot be are refused', () => {
  const [{ at: _ }] = stores
  const made = (rebuilding: object) => () =>
    annals({ store: { append: 1 } as never, rebuild: rebuilding })
  expect(made({ wait: 'soon' })).toThrow('annals: rebuild.wait is "soon"')
  expect(made({ rate: 1.5 })).toThrow('annals: rebuild.rate is 1.5')
  expect(made({ speed: 1 })).toThrow('annals: rebuild has no option speed; it takes wait, rate')
})

test('what a process that never starts makes follow again and again is turned inline less and less often', async () => {
  const store = memory()
  const turns = vi.spyOn(store.ledger, 'turnInline')
  const background = annals({ store })
  await using app = annals({ store, inline: [Balances] })
  await app.start()
  const end = performance.now() + 2_500
  while (performance.now() < end) {
    await deposited(background, 'a')
    await deposited(app, 'a')
    await app.find(Balances, 'a')
  }
  const done = await Promise.all(turns.mock.results.map(({ value }) => value as Promise<boolean>))
  // after 1, 2, 4 … seconds
  expect(done.filter(Boolean).length).toBeLessThanOrEqual(3)
  await eventually(async () => (await status(app)).processors[0]?.state).toBe('inline')
})

test('documents are looked at again only while a process is about to change them', async () => {
  const store = memory()
  await using old = annals({ store, inline: [Balances] })
  await manyDeposits(store, 200)
  await old.start()
  await using next = annals({ store, background: [Second] })
  await notBuilt(next)
  const find = vi.spyOn(store.documents, 'find')
  expect(await diff(next, 'balances')).toMatchObject({ behind: 100 })
  expect(find).not.toHaveBeenCalled()
})

test('a timeout is for the version and for the position together', async () => {
  const store = memory()
  await using app = annals({ store, background: [Balances] })
  await deposited(app, 'a')
  const overview = store.ledger.overview.bind(store.ledger)
  let [time, looks] = [0, 0]
  onTestFinished(() => {
    vi.restoreAllMocks()
  })
  vi.spyOn(performance, 'now').mockImplementation(() => time)
  // nobody runs the view, and after 600 ms another process has it built
  vi.spyOn(store.ledger, 'overview').mockImplementation(async (of) => {
    time += 300
    looks++
    return (await overview(of)).map((standing) => ({ ...standing, live: looks === 3 }))
  })
  const find = app.find(Balances, 'a', { after: 1, timeout: '1s' })
  await expect(find).rejects.toMatchObject({ code: 'ANNALS_BEHIND' })
  expect(looks).toBe(4)
})

describe.each([SQLite, PostgreSQL])('projections on $name', ({ at, projection }) => {
  test('people read the old version until the new one is built, and the new one from then on', async () => {
    await using place = await at()
    const rows = () => place.rows('select id, total from totals order by id')
    const first = projection(totals)
    const second = projection({
      ...totals,
      version: 2,
      setup: (write, table) =>
        write(
          `create table ${table('totals')} (id text primary key, total integer not null, note text)`,
        ),
      on: (event, write, table) =>
        totals.on({ ...event, data: { amount: event.data.amount * 10 } }, write, table),
    })
    await using old = annals({ store: place.open(), background: [first] as never })
    await old.start()
    await deposited(old, 'a', 'b', 'a')
    await old.caughtUp()
    expect(await rows()).toEqual(['a 2', 'b 1'])
    await using next = annals({ store: place.open(), inline: [second] as never })
    await rebuild(next, 'totals')
    const { tables, ...compared } = await diffTables(next, 'totals')
    expect(compared).toEqual({
      name: 'totals',
      from: { version: '1', position: 3 },
      to: { version: '2', position: 3 },
      end: 3,
    })
    expect(tables).toMatchObject([
      { table: 'totals', from: { rows: 2, only: 2 }, to: { rows: 2, only: 2 } },
    ])
    expect(tables[0]?.to.examples).toContainEqual({ id: 'a', total: 20 })
    await expect(diff(next, 'totals')).rejects.toThrow(
      'diff: totals is a projection; diff compares views, and diffTables projections',
    )
    expect(await rows()).toEqual(['a 2', 'b 1'])
    await next.start()
    await eventually(rows).toEqual(['a 20', 'b 10'])
    await deposited(old, 'a')
    await next.caughtUp()
    expect(await rows()).toEqual(['a 30', 'b 10'])
    await old.close()
    await drop(next, 'totals', '1')
    expect(await rows()).toEqual(['a 30', 'b 10'])
  })

  test('the examples of both versions are of the same rows, whatever else their columns say', async () => {
    await using place = await at()
    const noted = (value: (position: number) => number): Definition => ({
      setup: (run, table) =>
        run(`create table ${table('totals')} (a integer, id text, z integer, primary key (z, id))`),
      on: ({ stream, position }, run, table) =>
        run(
          `insert into ${table('totals')} values (?, ?, ?)`,
          value(position),
          stream.id,
          position % 2,
        ),
    })
    await using bank = annals({
      store: place.open(),
      background: [
        projection(noted((position) => position)),
        projection({ ...noted((position) => 100 - position), version: 2 }),
      ] as never,
    })
    await bank.start()
    const ids = Array.from({ length: 40 }, (_, index) => `a${(index * 17) % 40}`)
    await deposited(bank, ...ids)
    await bank.caughtUp()
    const keysOf = (rows: TableRows | undefined) => rows?.examples.map(({ z, id }) => [z, id])
    for (const limit of [1, 3, 40]) {
      const [found] = (await diffTables(bank, 'totals', { limit })).tables
      expect(keysOf(found?.from)).toHaveLength(limit)
      expect(keysOf(found?.to)).toEqual(keysOf(found?.from))
    }
  })

  test('rows that are alike are compared one by one', async () => {
    await using place = await at()
    const setup: Definition['setup'] = (write, table) =>
      write(`create table ${table('totals')} (id text not null, total integer)`)
    const on: Definition['on'] = ({ stream }, write, table) =>
      write(`insert into ${table('totals')} values (?, null)`, stream.id)
    const onlyFirst: Definition['on'] = (event, write, table) =>
      event.version === 1 && on(event, write, table)
    await using old = annals({
      store: place.open(),
      background: [projection({ setup, on })] as never,
    })
    await old.start()
    await deposited(old, 'a', 'a', 'b', 'a')
    await old.caughtUp()
    const second = projection({ version: 2, setup, on: onlyFirst })
    await using next = annals({ store: place.open(), background: [second] as never })
    await rebuild(next, 'totals')
    const alike = { id: 'a', total: null }
    expect((await diffTables(next, 'totals')).tables).toEqual([
      {
        table: 'totals',
        from: { rows: 4, only: 2, examples: [alike, alike] },
        to: { rows: 2, only: 0, examples: [] },
      },
    ])
  })
})
