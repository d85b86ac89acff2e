import { annals, fold, memory, subscription, view, type App, type View } from 'annals'
import { projection as onPostgres, postgres } from 'annals/postgres'
import { projection as onSqlite, sqlite } from 'annals/sqlite'
import { given } from 'annals/testing'
import { parked, pause, rebuild, unbuilt } from 'annals/operations'
import { expectTypeOf, test } from 'vitest'
import { Account, AccountEvents, AccountState } from './domain/bank.ts'

// What is inferred of what follows the log, and the mistakes that must stay compile errors: nothing here runs.
declare const bank: App
const never = (..._uses: readonly (() => unknown)[]) => undefined

const Balances = view('balances', AccountState, { indexes: ['owner', 'balance'] })
const Plain = view('plain', AccountState)
const Receipts = subscription('receipts', AccountEvents, { MoneyDeposited: () => undefined })
const InSqlite = onSqlite('in-sqlite', AccountEvents, { MoneyDeposited: () => undefined })
const InPostgres = onPostgres('in-postgres', AccountEvents, { MoneyDeposited: () => undefined })

test('documents have the state of the fold', () => {
  expectTypeOf(Balances).toEqualTypeOf<
    View<{ owner: string | undefined; balance: number }, 'owner' | 'balance'>
  >()
  never(
    async () => {
      const found = await bank.find(Balances, 'a')
      expectTypeOf(found).toEqualTypeOf<
        { owner: string | undefined; balance: number } | undefined
      >()
    },
    async () => {
      const { documents, next } = await bank.query(Balances, {
        where: {
          owner: 'ann',
          balance: { gte: 100, not: { gt: 200 } },
          or: [{ owner: { prefix: 'b' } }, { owner: null }],
        },
        orderBy: { balance: 'desc', owner: 'asc' },
        limit: 20,
      })
      expectTypeOf(documents[0]?.state.balance).toEqualTypeOf<number | undefined>()
      expectTypeOf(next).toEqualTypeOf<string | undefined>()
    },
    async () => {
      expectTypeOf(
        await bank.count(Balances, { not: { owner: { in: ['ann', null] } } }),
      ).toEqualTypeOf<number>()
    },
  )
})

test('handlers see the events of the set, and what their kind is given', () => {
  never(
    () =>
      subscription('seen', AccountEvents, {
        from: 7,
        by: (event) => {
          expectTypeOf(event.type).toEqualTypeOf<
            'AccountOpened' | 'MoneyDeposited' | 'MoneyWithdrawn'
          >()
          return event.stream.id
        },
        AccountOpened: ({ data }, { app, signal }) => {
          expectTypeOf(data).toEqualTypeOf<{ owner: string }>()
          expectTypeOf(app).toEqualTypeOf<App>()
          expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
        },
      }),
    () =>
      view('seen', AccountState, {
        by: (event) => {
          if (event.type !== 'AccountOpened') return []
          expectTypeOf(event.data.owner).toEqualTypeOf<string>()
          return [event.data.owner, event.stream.id]
        },
      }),
    () =>
      onPostgres('seen', AccountEvents, {
        setup: (tx, { table }) => tx.query(`create table ${table('seen')} (id text)`),
        MoneyDeposited: async ({ data }, { tx, table }) => {
          const { rows } = await tx.query(`insert into ${table('seen')} values ($1)`, [data.amount])
          expectTypeOf(rows[0]).toExtend<object | undefined>()
        },
      }),
    () =>
      onSqlite('seen', AccountEvents, {
        setup: (tx, { table }) => tx.run(`create table ${table('seen')} (id text)`),
        MoneyDeposited: ({ data }, { tx, table }) => {
          expectTypeOf(
            tx.run(`insert into ${table('seen')} values (?)`, data.amount),
          ).toEqualTypeOf<number>()
        },
      }),
  )
})

test('what is for any store goes into any, and projections into their own', () => {
  never(
    () => annals({ store: memory(), inline: [Balances], background: [Receipts, Plain] }),
    () => annals({ store: sqlite('a.db'), inline: [Balances, InSqlite], background: [Receipts] }),
    () =>
      annals({
        store: postgres('postgres://'),
        inline: [InPostgres],
        background: [Receipts, Balances],
      }),
    () => annals({ store: sqlite('a.db'), background: [InSqlite] }),
    () => annals({ store: postgres('postgres://'), background: [InPostgres] }),
    // @ts-expect-error a projection needs a database
    () => annals({ store: memory(), inline: [InPostgres] }),
    // @ts-expect-error a projection needs a database
    () => annals({ store: memory(), background: [InSqlite] }),
    // @ts-expect-error a projection of another database
    () => annals({ store: sqlite('a.db'), inline: [InPostgres] }),
    // @ts-expect-error a projection of another database
    () => annals({ store: sqlite('a.db'), background: [Balances, InPostgres] }),
    // @ts-expect-error a projection of another database
    () => annals({ store: postgres('postgres://'), inline: [InSqlite] }),
    // @ts-expect-error a projection of another database
    () => annals({ store: postgres('postgres://'), background: [InSqlite] }),
    // @ts-expect-error an aggregate follows nothing
    () => annals({ store: memory(), background: [Account] }),
  )
})

test('an operator may mean a projection of any store, and whatever is unbuilt', () => {
  never(
    () => pause(bank, InSqlite),
    () => rebuild(bank, InPostgres),
    async () => rebuild(bank, (await unbuilt(bank))[0] ?? 'none'),
  )
})

interface Tree {
  readonly name: string
  readonly children: readonly Tree[]
}

interface Bytes {
  readonly text: string | null
  readonly list: readonly { readonly n: number }[]
  readonly pair: readonly [string, number]
}

interface Optional {
  readonly note?: string
  readonly deep?: { readonly more?: readonly number[] }
}

test('a state that JSON gives back makes a view, and another does not without a codec', () => {
  const leaf: Tree = { name: '', children: [] }
  const bytes: Bytes = { text: null, list: [{ n: 1 }], pair: ['a', 1] }
  const optional: Optional = {}
  const maybeSet: { readonly at?: { readonly in: Set<string> } } = {}
  const sums: Readonly<Record<string, number>> = {}
  const dated = { initial: { at: new Date(0), deep: { sets: [new Set<string>()] } } }
  never(
    () => view('bytes', fold(AccountEvents, { initial: bytes })),
    () => view('optional', fold(AccountEvents, { initial: optional })),
    () => view('tree', fold(AccountEvents, { initial: leaf })),
    () => view('text', fold(AccountEvents, { initial: '' })),
    () => view('record', fold(AccountEvents, { initial: sums })),
    () =>
      view(
        'dated',
        fold(AccountEvents, dated, {
          state: { encode: ({ at }) => at.toISOString(), decode: () => dated.initial },
        }),
      ),
    // @ts-expect-error a date
    () => view('dated', fold(AccountEvents, { initial: { at: new Date(0) } })),
    // @ts-expect-error a date in a list
    () => view('dated', fold(AccountEvents, { initial: { at: [new Date(0)] } })),
    // @ts-expect-error a map
    () => view('dated', fold(AccountEvents, { initial: { at: new Map<string, number>() } })),
    // @ts-expect-error a set in what may be absent
    () => view('dated', fold(AccountEvents, { initial: maybeSet })),
    // @ts-expect-error a bigint
    () => view('dated', fold(AccountEvents, { initial: { at: 1n } })),
    // @ts-expect-error a function
    () => view('dated', fold(AccountEvents, { initial: { at: () => 1 } })),
  )
})

test('what cannot be right of a view does not compile', () => {
  never(
    // @ts-expect-error a field that the state does not have
    () => view('balances', AccountState, { indexes: ['debt'] }),
    // @ts-expect-error a field that cannot be sorted
    () => view('balances', fold(AccountEvents, { initial: { list: [1] } }), { indexes: ['list'] }),
    // @ts-expect-error a misspelt option
    () => view('balances', AccountState, { index: ['owner'] }),
    // @ts-expect-error a key that is no text
    () => view('balances', AccountState, { by: ({ stream }) => stream.id.length }),
    // @ts-expect-error an event on its way has no position
    () => view('balances', AccountState, { by: ({ position }) => `${position}` }),
    // @ts-expect-error an event on its way has no version
    () => view('balances', AccountState, { by: ({ version }) => `${version}` }),
    // @ts-expect-error an event on its way has no time
    () => view('balances', AccountState, { by: ({ at }) => `${at}` }),
    // @ts-expect-error a field that not every event has
    () => view('balances', AccountState, { by: ({ data }) => data.owner }),
    // @ts-expect-error a field without an index
    () => bank.query(Plain, { where: { balance: 1 } }),
    // @ts-expect-error an order by a field without an index
    () => bank.query(Plain, { orderBy: { balance: 'asc' } }),
    // @ts-expect-error a value of another type
    () => bank.query(Balances, { where: { balance: '1' } }),
    // @ts-expect-error a value of another type to compare with
    () => bank.query(Balances, { where: { balance: { gt: '1' } } }),
    // @ts-expect-error a value of another type in a list
    () => bank.query(Balances, { where: { owner: { in: [1] } } }),
    // @ts-expect-error a prefix of a number
    () => bank.query(Balances, { where: { balance: { prefix: '1' } } }),
    // @ts-expect-error a comparison that there is not
    () => bank.query(Balances, { where: { balance: { above: 1 } } }),
    // @ts-expect-error undefined is left out, or null
    () => bank.query(Balances, { where: { owner: undefined } }),
    // @ts-expect-error a field that is never null
    () => bank.query(Balances, { where: { balance: null } }),
    // @ts-expect-error a direction that there is not
    () => bank.query(Balances, { orderBy: { balance: 'down' } }),
    // @ts-expect-error a misspelt option
    () => bank.query(Balances, { ordrBy: { balance: 'desc' } }),
    // @ts-expect-error a misspelt field within `or`
    () => bank.count(Balances, { or: [{ ownr: 'ann' }] }),
    // @ts-expect-error a subscription has no documents
    () => bank.find(Receipts, 'a'),
    // @ts-expect-error a projection has tables of its own
    () => bank.find(InSqlite, 'a'),
    // @ts-expect-error a key is a text
    () => bank.find(Balances, 1),
    // @ts-expect-error a timeout is a duration
    () => bank.find(Balances, 'a', { after: 1, timeout: 5_000 }),
    // @ts-expect-error a document of another shape
    () => given(Balances).shows('a', { balance: '1' }),
    // @ts-expect-error an event without its stream
    () => given(Balances, AccountEvents.MoneyDeposited({ amount: 1 })),
    // @ts-expect-error a view has no commands
    () => given(Balances).when(() => undefined),
  )
})

test('what cannot be right of a subscription or a projection does not compile', () => {
  const nothing = () => undefined
  never(
    // @ts-expect-error a misspelt event
    () => subscription('seen', AccountEvents, { MoneyDeposted: nothing }),
    // @ts-expect-error a misspelt setting
    () => subscription('seen', AccountEvents, { form: 'now', MoneyDeposited: nothing }),
    // @ts-expect-error a beginning that there is not
    () => subscription('seen', AccountEvents, { from: 'end', MoneyDeposited: nothing }),
    // @ts-expect-error a misspelt option of retry
    () => subscription('seen', AccountEvents, { retry: { times: 3 }, MoneyDeposited: nothing }),
    // @ts-expect-error a queue is a text
    () => subscription('seen', AccountEvents, { by: () => 7, MoneyDeposited: nothing }),
    // @ts-expect-error a subscription has no versions
    () => subscription('seen', AccountEvents, { version: 2, MoneyDeposited: nothing }),
    () =>
      subscription('seen', AccountEvents, {
        // @ts-expect-error data of another event
        MoneyDeposited: ({ data }) => data.owner,
      }),
    // @ts-expect-error a misspelt event
    () => onSqlite('seen', AccountEvents, { MoneyDeposted: nothing }),
    // @ts-expect-error a misspelt setting
    () => onPostgres('seen', AccountEvents, { steup: () => undefined, MoneyDeposited: nothing }),
    // @ts-expect-error a projection has no beginning but the first event
    () => onPostgres('seen', AccountEvents, { from: 'now', MoneyDeposited: nothing }),
    // @ts-expect-error a name or what is kept
    () => pause(bank, 7),
    // @ts-expect-error a misspelt option
    () => parked(bank, { off: 'receipts' }),
    // @ts-expect-error a misspelt option
    () => bank.caughtUp({ timeot: '5s' }),
  )
})
