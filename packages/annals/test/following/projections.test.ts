import { annals, memory, type App } from 'annals'
import { parked, retry, status } from 'annals/operations'
import { projection as onPostgres } from 'annals/postgres'
import { projection as onSqlite } from 'annals/sqlite'
import { describe, expect, test } from 'vitest'
import { Account, AccountEvents } from '../domain/bank.ts'
import { create, PostgreSQL, SQLite, totals, type Write } from './projecting.ts'
import { eventually } from './waiting.ts'
import { kept, ways } from './ways.ts'

async function deposited(bank: App, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) await bank.open(Account, id).deposit({ amount: 5 })
}

const databases = [SQLite, PostgreSQL]
const cases = databases.flatMap((database) =>
  ways.map((way) => ({ name: database.name, database, way })),
)

describe.each(cases)('$name, $way', ({ database, way }) => {
  test('a projection writes its own tables', async () => {
    await using place = await database.at()
    await using bank = annals({ store: place.open(), ...kept(way, database.projection(totals)) })
    await bank.start()
    await deposited(bank, 'a', 'b', 'a')
    await bank.caughtUp()
    expect(await place.rows('select id, total from totals order by id')).toEqual(['a 10', 'b 5'])
  })

  test('a projection writes each event once, over restarts', async () => {
    await using place = await database.at()
    for (let count = 1; count <= 3; count++) {
      await using bank = annals({ store: place.open(), ...kept(way, database.projection(totals)) })
      await bank.start()
      await deposited(bank, 'a')
      await bank.caughtUp()
      expect(await place.rows('select id, total from totals')).toEqual([`a ${5 * count}`])
    }
  })

  test('a new version is made anew in tables of its own', async () => {
    await using place = await database.at()
    await using old = annals({ store: place.open(), background: [database.projection(totals)] })
    await old.start()
    await deposited(old, 'a', 'a')
    await old.caughtUp()
    const doubled = database.projection({
      ...totals,
      version: 2,
      on: (event, write, table) =>
        totals.on(
          { ...event, stream: event.stream, data: { amount: event.data.amount * 2 } },
          write,
          table,
        ),
    })
    await using bank = annals({ store: place.open(), ...kept(way, doubled) })
    await bank.start()
    await deposited(bank, 'a')
    await bank.caughtUp()
    await old.caughtUp()
    expect(await place.rows('select id, total from totals_v1')).toEqual(['a 15'])
    expect(await place.rows('select id, total from totals_v2')).toEqual(['a 30'])
  })

  test.each(Object.entries(database.built))('a projection is written with %s', async (_, built) => {
    await using place = await database.at()
    await using bank = annals({ store: place.open(), ...kept(way, built()) })
    await bank.start()
    await deposited(bank, 'a', 'b', 'a')
    await bank.caughtUp()
    expect(await place.rows('select id, total from totals order by id')).toEqual(['a 10', 'b 5'])
  })
})

function fail(): never {
  throw new Error('not for b')
}

describe.each(databases.map((database) => ({ name: database.name, database })))(
  '$name',
  ({ database }) => {
    /** Writes, and fails then for b. */
    const fussy = () =>
      database.projection({
        ...totals,
        on: (event, write, table) => {
          const written = totals.on(event, write, table)
          if (event.stream.id !== 'b') return written
          return written instanceof Promise ? written.then(fail) : fail()
        },
      })

    /** Fails by a statement for the second event of an account. */
    const once = () =>
      database.projection({
        ...totals,
        on: ({ stream }, write, table) =>
          write(`insert into ${table('totals')} (id, total) values (?, 1)`, stream.id),
      })

    test('inline, a handler that fails refuses the append, and nothing of it is left', async () => {
      await using place = await database.at()
      await using bank = annals({ store: place.open(), inline: [fussy()] })
      await deposited(bank, 'a')
      await expect(deposited(bank, 'b')).rejects.toThrow('not for b')
      await deposited(bank, 'c', 'a')
      expect(await place.rows('select id, total from totals order by id')).toEqual(['a 10', 'c 5'])
      expect(await bank.load(Account, 'b')).toMatchObject({ version: 0 })
    })

    test('inline, one append that is refused takes none of the others with it', async () => {
      await using place = await database.at()
      await using bank = annals({ store: place.open(), inline: [fussy()] })
      const all = await Promise.allSettled(['a', 'b', 'c', 'd'].map((id) => deposited(bank, id)))
      expect(all.map(({ status: outcome }) => outcome)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'fulfilled',
      ])
      expect(await place.rows('select id from totals order by id')).toEqual(['a', 'c', 'd'])
    })

    test('in the background, an event whose handler fails is parked, and nothing of it is left', async () => {
      await using place = await database.at()
      await using bank = annals({ store: place.open(), background: [fussy()] })
      await deposited(bank, 'a', 'b', 'c', 'b', 'a')
      await bank.start()
      await bank.caughtUp()
      expect(await place.rows('select id, total from totals order by id')).toEqual(['a 10', 'c 5'])
      expect(await parked(bank)).toMatchObject([
        { queue: 'account/b', position: 2, error: 'Error: not for b', attempts: 1 },
        { queue: 'account/b', position: 4, attempts: 0 },
      ])
    })

    test('inline, a statement that fails refuses the append', async () => {
      await using place = await database.at()
      await using bank = annals({ store: place.open(), inline: [once()] })
      await deposited(bank, 'a', 'b')
      await expect(deposited(bank, 'a')).rejects.toThrow(/constraint/i)
      await deposited(bank, 'c')
      expect(await place.rows('select id, total from totals order by id')).toEqual([
        'a 1',
        'b 1',
        'c 1',
      ])
    })

    test('in the background, an event is parked for which a statement fails', async () => {
      await using place = await database.at()
      await using bank = annals({ store: place.open(), background: [once()] })
      await deposited(bank, 'a', 'b', 'a', 'c')
      await bank.start()
      await bank.caughtUp()
      expect(await place.rows('select id, total from totals order by id')).toEqual([
        'a 1',
        'b 1',
        'c 1',
      ])
      expect(await parked(bank)).toMatchObject([
        { queue: 'account/a', error: expect.stringMatching(/constraint/i) as string },
      ])
    })

    test('the tables are made once, however many processes start at once', async () => {
      await using place = await database.at()
      let made = 0
      const Counting = database.projection({
        ...totals,
        setup: (write, table) => {
          made++
          return totals.setup?.(write, table)
        },
      })
      const banks = Array.from({ length: 4 }, () =>
        annals({ store: place.open(), background: [Counting] }),
      )
      await Promise.all(banks.map((bank) => bank.start()))
      expect(made).toBe(1)
      await Promise.all(banks.map((bank) => bank.close()))
      await using again = annals({ store: place.open(), background: [Counting] })
      await again.start()
      expect(made).toBe(1)
    })

    test('an app whose tables cannot be made does not start, and starts once they can', async () => {
      await using place = await database.at()
      let statement = 'create tabel'
      const Broken = database.projection({
        ...totals,
        setup: (write, table) => write(create(table('totals')).replace('create table', statement)),
      })
      await using bank = annals({ store: place.open(), background: [Broken] })
      await expect(bank.start()).rejects.toThrow(/tabel/)
      statement = 'create table'
      await bank.start()
      await deposited(bank, 'a')
      await bank.caughtUp()
      expect(await place.rows('select id, total from totals')).toEqual(['a 5'])
    })

    test('nothing is left of tables that were half made', async () => {
      await using place = await database.at()
      let failing = true
      const Halved = database.projection({
        ...totals,
        setup: (write, table) => {
          const done = write(create(table('totals')))
          const check = () => {
            if (failing) throw new Error('half way')
          }
          return done instanceof Promise ? done.then(check) : check()
        },
      })
      await using bank = annals({ store: place.open(), background: [Halved] })
      await expect(bank.start()).rejects.toThrow('half way')
      failing = false
      await bank.start()
    })

    test('a projection may be moved between the lists', async () => {
      await using place = await database.at()
      const Totals = database.projection(totals)
      let sum = 0
      for (const way of ['background', 'inline', 'background', 'inline'] as const) {
        await using bank = annals({ store: place.open(), ...kept(way, Totals) })
        await deposited(bank, 'a')
        await bank.start()
        await bank.caughtUp()
        await deposited(bank, 'a')
        await bank.caughtUp()
        sum += 10
        expect(await place.rows('select id, total from totals')).toEqual([`a ${sum}`])
      }
    })

    test('a projection becomes inline while appends go on', async () => {
      await using place = await database.at()
      await using before = annals({ store: place.open() })
      await deposited(before, 'a', 'b')
      await using bank = annals({ store: place.open(), inline: [database.projection(totals)] })
      await bank.start()
      let sum = 5
      do {
        await Promise.all([deposited(bank, 'a'), deposited(bank, 'b')])
        sum += 5
      } while ((await status(bank)).processors[0]?.state !== 'inline')
      expect(await place.rows('select id, total from totals order by id')).toEqual([
        `a ${sum}`,
        `b ${sum}`,
      ])
    })

    test('a projection runs in as many slices as it says', async () => {
      await using place = await database.at()
      const Sliced = database.projection({ ...totals, slices: 5 })
      await using bank = annals({ store: place.open(), background: [Sliced] })
      await bank.start()
      const ids = Array.from(
        { length: 12 },
        (_, index) => `account-${String(index).padStart(2, '0')}`,
      )
      await Promise.all(ids.map((id) => deposited(bank, id, id)))
      await bank.caughtUp()
      expect((await status(bank)).processors[0]?.slices).toHaveLength(5)
      expect(await place.rows('select id, total from totals order by id')).toEqual(
        ids.map((id) => `${id} 10`),
      )
    })

    test('a transaction that outlives its handler is refused', async () => {
      await using place = await database.at()
      const late = Promise.withResolvers<Write>()
      const Late = database.projection({
        ...totals,
        on: (event, write, table) => {
          late.resolve(write)
          return totals.on(event, write, table)
        },
      })
      await using bank = annals({ store: place.open(), background: [Late] })
      await bank.start()
      await deposited(bank, 'a')
      await bank.caughtUp()
      const write = await late.promise
      await expect((async () => write('delete from totals'))()).rejects.toMatchObject({
        code: 'ANNALS_OPTION',
        message: expect.stringContaining('the transaction of the projection is over') as string,
      })
      expect(await place.rows('select id, total from totals')).toEqual(['a 5'])
    })

    test('an append of several events is written as a whole', async () => {
      await using place = await database.at()
      await using bank = annals({ store: place.open(), inline: [database.projection(totals)] })
      await bank.together(async (both) => {
        for (const id of ['a', 'b', 'a']) await both.open(Account, id).deposit({ amount: 5 })
      })
      expect(await place.rows('select id, total from totals order by id')).toEqual(['a 10', 'b 5'])
    })

    test('many appends at once keep an inline projection right', async () => {
      await using place = await database.at()
      await using one = annals({ store: place.open(), inline: [database.projection(totals)] })
      await using other = annals({ store: place.open(), inline: [database.projection(totals)] })
      await Promise.all(
        [one, other].flatMap((bank) =>
          Array.from({ length: 10 }, (_, index) => deposited(bank, `account-${index % 3}`)),
        ),
      )
      expect(await place.rows('select sum(total) as sum from totals')).toEqual(['100'])
    })
  },
)

test('a handler on SQLite that is async is refused', async () => {
  await using place = await SQLite.at()
  const Async = SQLite.projection({ ...totals, on: async () => undefined })
  await using bank = annals({ store: place.open(), inline: [Async] })
  await expect(deposited(bank, 'a')).rejects.toMatchObject({ code: 'ANNALS_OPTION' })
  expect(await bank.load(Account, 'a')).toMatchObject({ version: 0 })
})

test('a memory store has no tables for a projection', async () => {
  await using bank = annals({ store: memory(), background: [SQLite.projection(totals)] })
  await expect(bank.start()).rejects.toMatchObject({
    code: 'ANNALS_OPTION',
    message:
      'totals is a projection, and a memory store has no tables for it; use a view, or a store on SQLite or PostgreSQL',
  })
})

test.each([
  ['of SQLite', onSqlite],
  ['of PostgreSQL', onPostgres],
])('a definition %s that cannot be is refused', (_, projection) => {
  const nothing = () => undefined
  const make = (name: string, definition: object) => () =>
    projection(name, AccountEvents, definition)
  expect(make('Totals', { MoneyDeposited: nothing })).toThrow('projection: its name is "Totals"')
  expect(make('totals', { MoneyDeposted: nothing })).toThrow(
    'projection totals: MoneyDeposted is neither an event of the set nor a setting',
  )
  expect(make('totals', {})).toThrow('projection totals handles no event; give it a handler')
  expect(make('totals', { setup: 'create table', MoneyDeposited: nothing })).toThrow(
    'projection totals: setup takes a function',
  )
  expect(make('totals', { by: 'id', MoneyDeposited: nothing })).toThrow(
    'projection totals: by takes a function',
  )
  expect(make('totals', { version: 0, MoneyDeposited: nothing })).toThrow(
    'projection totals: version is 0',
  )
  expect(make('totals', { version: 1.5, MoneyDeposited: nothing })).toThrow(
    'projection totals: version is 1.5',
  )
})

test('a failing projection goes on when its cause is mended and somebody says so', async () => {
  await using place = await PostgreSQL.at()
  let failing = true
  const Mended = PostgreSQL.projection({
    ...totals,
    on: (event, write, table) => (failing ? fail() : totals.on(event, write, table)),
  })
  await using bank = annals({ store: place.open(), background: [Mended] })
  await bank.start()
  await deposited(bank, 'b', 'b')
  await bank.caughtUp()
  failing = false
  const [first] = await parked(bank)
  if (first) await retry(bank, first)
  await eventually(() => parked(bank)).toEqual([])
  expect(await place.rows('select id, total from totals')).toEqual(['b 10'])
})
