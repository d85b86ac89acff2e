import {
  aggregate,
  annals,
  events,
  fold,
  memory,
  subscription,
  UnavailableError,
  versioned,
} from 'annals'
import { health, parked, pause, resume, status } from 'annals/operations'
import type pg from 'pg'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Account, AccountEvents } from '../domain/bank.ts'
import { create, PostgreSQL, SQLite } from './projecting.ts'
import { inMemory, overriding, stores } from './stores.ts'
import { counting, deposited, soon } from './deposits.ts'
import { eventually } from './waiting.ts'

/** Records any number of deposits at once. */
const Ledger = aggregate('account', fold(AccountEvents, { initial: {} }), {
  deposit: (_, times: number) =>
    Array.from({ length: times }, () => AccountEvents.MoneyDeposited({ amount: 1 })),
})

describe('defects of reference-systems.md', () => {
  test('defect A: five failures in a row skip none of the thousand events that are to be caught up with', async () => {
    const { seen, note } = counting()
    let failures = 5
    const Fussy = subscription('fussy', AccountEvents, {
      retry: soon,
      MoneyDeposited: (event) => {
        if (--failures >= 0) throw new Error('not yet')
        note(event)
      },
    })
    await using bank = annals({ store: memory(), background: [Fussy] })
    for (let count = 0; count < 20; count++) await bank.open(Ledger, `account-${count}`).deposit(50)
    await bank.start()
    await bank.caughtUp()
    await eventually(() => seen.length).toBe(1_000)
    await eventually(() => parked(bank)).toEqual([])
    expect(new Set(seen).size).toBe(1_000)
  })

  test('defect A, G: what is never handled is parked, and the checkpoint passes nothing else', async () => {
    const { seen, note } = counting()
    const Fussy = subscription('fussy', AccountEvents, {
      retry: { attempts: 1 },
      MoneyDeposited: (event) => {
        if (event.stream.id.endsWith('7')) throw new Error('never')
        note(event)
      },
    })
    await using bank = annals({ store: memory(), background: [Fussy] })
    for (let count = 0; count < 20; count++) await bank.open(Ledger, `account-${count}`).deposit(50)
    await bank.start()
    await bank.caughtUp()
    const aside = await parked(bank, { limit: 1_000 })
    expect([seen.length, aside.length]).toEqual([900, 100])
    const [fussy] = (await status(bank)).processors
    expect(fussy).toMatchObject({ position: 1_000, parked: { events: 100, stuck: 2 } })
  })

  test.each(stores)('defect B: 20 appends at once are each handled once: $name', async ({ at }) => {
    await using place = await at()
    const { seen, note } = counting()
    const Seen = subscription('seen', AccountEvents, { MoneyDeposited: note })
    await using bank = annals({ store: place.open(), background: [Seen] })
    await bank.start()
    const ids = Array.from({ length: 20 }, (_, index) => `account-${index}`)
    await Promise.all(ids.map((id) => deposited(bank, id)))
    await bank.caughtUp()
    expect(seen.toSorted()).toEqual(ids.map((id) => `${id} 1`).toSorted())
  })

  test('defect C: an event that always fails is tried as often as it may be, and never inside an append', async () => {
    let tries = 0
    let appending = false
    const inside: boolean[] = []
    const Poisoned = subscription('poisoned', AccountEvents, {
      retry: { attempts: 4, backoff: '1ms', max: '1ms' },
      MoneyDeposited: () => {
        tries++
        inside.push(appending)
        throw new Error('poison')
      },
    })
    const kept = memory()
    const store = overriding(kept, {
      append: async (...given) => {
        appending = true
        const appended = await kept.append(...given)
        appending = false
        return appended
      },
    })
    await using bank = annals({ store, background: [Poisoned] })
    await bank.start()
    await deposited(bank, 'a')
    await eventually(() => parked(bank)).toMatchObject([{ attempts: 4, next: undefined }])
    await deposited(bank, 'b')
    await eventually(() => parked(bank)).toMatchObject([
      { attempts: 4 },
      { attempts: 4, next: undefined },
    ])
    expect(tries).toBe(8)
    expect(inside).not.toContain(true)
  })

  test.each(stores.filter(({ name }) => name !== 'memory'))(
    'defect E: events that nobody tells of are delivered, and the lag is that of the log until then: $name',
    async ({ at }) => {
      await using place = await at()
      const { seen, note } = counting()
      const Seen = subscription('seen', AccountEvents, { MoneyDeposited: note })
      await using bank = annals({ store: place.open(), background: [Seen] })
      await using other = annals({ store: place.open(), background: [Seen] })
      await bank.caughtUp() // which lets the store know it
      await pause(bank, Seen)
      await bank.start()
      await deposited(other, 'a', 'b')
      expect((await status(bank)).processors).toMatchObject([{ lag: 2, position: 0 }])
      await using third = annals({ store: place.open() })
      await deposited(third, 'c')
      expect((await status(bank)).processors).toMatchObject([{ lag: 3, position: 0 }])
      expect((await health(bank, { lag: 0 })).healthy).toBe(false)
      await resume(other, Seen)
      await eventually(() => seen).toEqual(['a 1', 'b 1', 'c 1'])
      await deposited(third, 'd')
      await eventually(() => seen.at(-1)).toBe('d 1')
    },
  )

  const postgresOnly = stores.filter(({ name }) => name === 'PostgreSQL')

  test.each(postgresOnly)(
    'defect F: an open transaction of somebody else hides no event: $name',
    async ({ at }) => {
      await using place = await at()
      const { seen, note } = counting()
      const Seen = subscription('seen', AccountEvents, { MoneyDeposited: note })
      await using bank = annals({ store: place.open(), background: [Seen] })
      await bank.start()
      const stranger = await place.begin()
      const client: pg.PoolClient = stranger.tx
      await client.query('create temporary table somewhere as select 1')
      await deposited(bank, 'a')
      await bank.caughtUp()
      expect(seen).toEqual(['a 1'])
      await stranger.rollback()
    },
  )

  test.each(postgresOnly)(
    'defect F: an open append of our own is named, and what it held is delivered when it ends: $name',
    async ({ at }) => {
      await using place = await at()
      const { seen, note } = counting()
      const Seen = subscription('seen', AccountEvents, { MoneyDeposited: note })
      await using bank = annals({ store: place.open(), background: [Seen] })
      await bank.start()
      const caller = await place.begin()
      await bank.with({ tx: caller.tx }).open(Account, 'a').deposit({ amount: 1 })
      await deposited(bank, 'b')
      const { store, processors } = await status(bank)
      expect(store.settled).toBeLessThan(store.head)
      expect(store.holders).toMatchObject([
        { connection: expect.stringMatching(/^\d+$/) as string },
      ])
      expect(processors).toMatchObject([{ lag: store.head - store.settled }])
      expect(seen).toEqual([])
      await caller.commit()
      await eventually(() => seen.toSorted()).toEqual(['a 1', 'b 1'])
    },
  )

  test.each([SQLite, PostgreSQL])(
    'defect J: a page that is committed only the third time has written each event once: $name',
    async (database) => {
      await using place = await database.at()
      const Rows = database.projection({
        setup: (write, table) => write(create(table('totals'))),
        on: ({ position }, write, table) =>
          write(`insert into ${table('totals')} (id, total) values (?, 1)`, position),
      })
      const kept = place.open()
      let failures = 2
      const ledger = overriding(kept.ledger, {
        commit: async (page) => {
          const { own } = page
          if (!own || --failures < 0) return kept.ledger.commit(page)
          const failing: typeof own.run = (given) => {
            const done = own.run(given)
            const fail = () => {
              throw new UnavailableError('ANNALS_UNAVAILABLE', 'gone')
            }
            return done instanceof Promise ? done.then(fail) : fail()
          }
          return kept.ledger.commit({ ...page, own: { ...own, run: failing } })
        },
      })
      const store = overriding(kept, { ledger })
      await using bank = annals({ store, background: [Rows] })
      await bank.start()
      await deposited(bank, 'a', 'b')
      await bank.caughtUp()
      expect(failures).toBeLessThan(0)
      expect(await place.rows('select count(*) as count from totals')).toEqual(['2'])
      expect(await parked(bank)).toEqual([])
    },
  )

  test.each(stores)(
    'defects K, D7: two processes that run one subscription handle each event once: $name',
    async ({ at }) => {
      await using place = await at()
      const { seen, note } = counting()
      const Seen = subscription('seen', AccountEvents, { MoneyDeposited: note })
      await using one = annals({ store: place.open(), background: [Seen] })
      await using other = annals({ store: place.open(), background: [Seen] })
      await Promise.all([one.start(), other.start()])
      await deposited(one, 'a', 'b')
      await deposited(other, 'a', 'c', 'b')
      await Promise.all([one.caughtUp(), other.caughtUp()])
      expect(seen).toEqual(['a 1', 'b 1', 'a 2', 'c 1', 'b 2'])
    },
  )

  test('defect L: an app that is stuck at an event is not healthy', async () => {
    const Poisoned = subscription('poisoned', AccountEvents, {
      retry: { attempts: 1 },
      MoneyDeposited: () => {
        throw new Error('poison')
      },
    })
    await using bank = annals({ store: memory(), background: [Poisoned] })
    await bank.start()
    expect((await health(bank)).healthy).toBe(true)
    await deposited(bank, 'a')
    await bank.caughtUp()
    expect(await health(bank)).toMatchObject({
      healthy: false,
      problems: [expect.stringContaining('poisoned') as string],
    })
    expect((await status(bank)).processors).toMatchObject([{ parked: { stuck: 1 } }])
  })

  test('defect P: an event that this program does not know in this version is parked, and not dropped', async () => {
    const place = await inMemory()
    const amount = z.object({ amount: z.number() })
    const Newer = events({
      MoneyDeposited: versioned(amount).upcast(amount.extend({ currency: z.string() }), (data) => ({
        ...data,
        currency: 'EUR',
      })),
    })
    const Newest = aggregate('account', fold(Newer, { initial: {} }), {
      deposit: () => Newer.MoneyDeposited({ amount: 1, currency: 'CHF' }),
    })
    const { seen, note } = counting()
    const Seen = subscription('seen', AccountEvents, {
      retry: { attempts: 1 },
      MoneyDeposited: note,
    })
    await using newer = annals({ store: place.open() })
    await newer.open(Newest, 'a').deposit()
    await using bank = annals({ store: place.open(), background: [Seen] })
    await bank.start()
    await deposited(bank, 'b')
    await bank.caughtUp()
    expect(seen).toEqual(['b 1'])
    expect(await parked(bank)).toMatchObject([
      { position: 1, error: expect.stringContaining('deploy the newer program') as string },
    ])
  })

  test.each(stores)(
    'defect H: the version of an aggregate is that of its stream, whatever its events say: $name',
    async ({ at }) => {
      await using place = await at()
      const Events = events({ Counted: z.object({ version: z.number() }) })
      const Counter = aggregate('counter', fold(Events, { initial: {} }), {
        count: (_, version: number) => Events.Counted({ version }),
      })
      await using app = annals({ store: place.open() })
      for (const version of [1, 1, 7]) await app.open(Counter, 'a').count(version)
      expect((await app.load(Counter, 'a')).version).toBe(3)
      expect((await app.open(Counter, 'a', { version: 3 }).count(0)).version).toBe(4)
    },
  )

  test.each(stores)(
    'defect N: of twenty commands at once to one stream each succeeds: $name',
    async ({ at }) => {
      await using place = await at()
      await using bank = annals({ store: place.open() })
      await using other = annals({ store: place.open() })
      const commands = Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? bank : other).open(Account, 'a').deposit({ amount: 1 }),
      )
      await Promise.all(commands)
      expect(await bank.load(Account, 'a')).toMatchObject({ version: 20, state: { balance: 20 } })
    },
  )
})
