import { aggregate, annals, command, decision, events, fold, memory, type Schema } from 'annals'
import { sqlite } from 'annals/sqlite'
import { given } from 'annals/testing'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { Account, AccountEvents, AccountState, Cart, CartEvents } from './domain/bank.ts'
import { CourseEvents, enrol } from './domain/courses.ts'

// What is inferred, and the mistakes that must stay compile errors: nothing here runs.
declare const bank: ReturnType<typeof annals>
const never = (..._uses: readonly (() => unknown)[]) => undefined

test('everything is inferred', () => {
  expectTypeOf(AccountState.initial).toEqualTypeOf<{
    owner: string | undefined
    balance: number
  }>()
  expectTypeOf(AccountEvents.MoneyDeposited({ amount: 1 })).toEqualTypeOf<{
    readonly type: 'MoneyDeposited'
    readonly data: { amount: number }
  }>()
  never(
    async () => {
      const { state, version, events: added } = await bank.open(Account, 'a').deposit({ amount: 1 })
      expectTypeOf(state.balance).toEqualTypeOf<number>()
      expectTypeOf(version).toEqualTypeOf<number>()
      expectTypeOf(added[0]?.type).toEqualTypeOf<
        'AccountOpened' | 'MoneyDeposited' | 'MoneyWithdrawn' | undefined
      >()
    },
    async () => {
      const { state } = await bank.open(Cart, 'c').add('tea', 1)
      expectTypeOf(state.items).toEqualTypeOf<number>()
    },
    async () => {
      for await (const event of bank.read(AccountEvents))
        if (event.type === 'AccountOpened') expectTypeOf(event.data.owner).toEqualTypeOf<string>()
    },
    async () => {
      const { events: made } = await bank.decide(enrol, 'ts', 'ann')
      expectTypeOf(made[0]?.type).toEqualTypeOf<'CourseOpened' | 'StudentEnrolled' | undefined>()
    },
    () =>
      bank.open(Account, 'a', {
        resolve: (state, theirs) => {
          expectTypeOf(state.balance).toEqualTypeOf<number>()
          expectTypeOf(theirs[0]?.version).toEqualTypeOf<number | undefined>()
        },
      }),
  )
})

test('a decision takes as many of the arguments of its boundary as it likes', () => {
  const seats = fold(CourseEvents, { initial: 0 })
  const none = decision(
    () => ({ seats: seats.where({}) }),
    ({ seats: count }) => {
      expectTypeOf(count).toEqualTypeOf<number>()
    },
  )
  const fewer = decision(
    (course: string, _student?: string) => ({ seats: seats.where({ course }) }),
    (_, course) => {
      expectTypeOf(course).toEqualTypeOf<string>()
    },
  )
  never(
    () => bank.decide(none),
    () => bank.decide(fewer, 'ts'),
    () => bank.decide(fewer, 'ts', 'ann'),
    // @ts-expect-error an argument of the wrong type
    () => bank.decide(fewer, 1),
  )
})

test('a handler sees the output of the schema, and a command gives its input', () => {
  const Events = events({ Born: z.object({ on: z.coerce.date<string>() }) })
  fold(Events, {
    initial: 0,
    Born: (_, { on }) => {
      expectTypeOf(on).toEqualTypeOf<Date>()
      return on.getTime()
    },
  })
  expectTypeOf(Events.Born).parameter(0).toEqualTypeOf<{ on: string }>()
})

test('any Standard Schema will do', () => {
  expectTypeOf<StandardSchemaV1<string, Date>>().toExtend<Schema<string, Date>>()
  expectTypeOf<Schema<string, Date>>().toExtend<StandardSchemaV1<string, Date>>()
})

test('what cannot be right does not compile', () => {
  never(
    // @ts-expect-error a payload of the wrong type
    () => AccountEvents.MoneyDeposited({ amount: '1' }),
    // @ts-expect-error a payload of the wrong type
    () => bank.open(Account, 'a').deposit({ amount: '1' }),
    // @ts-expect-error an argument that is missing
    () => bank.open(Account, 'a').deposit(),
    // @ts-expect-error an unknown command
    () => bank.open(Account, 'a').explode(),
    // @ts-expect-error an unknown method
    () => bank.open(Cart, 'c').explode(),
    // @ts-expect-error `record` is for the class itself
    () => bank.open(Cart, 'c').record('ItemAdded', { sku: 'tea', qty: 1 }),
    // @ts-expect-error memory has no transactions
    () => annals({ store: memory() }).with({ tx: {} }),
    // @ts-expect-error a transaction of another kind of database
    () => annals({ store: sqlite(':memory:') }).with({ tx: { query: () => [] } }),
    // @ts-expect-error an event of another set
    () => aggregate('a', AccountState, { bad: () => CartEvents.ItemAdded({ sku: 'a', qty: 1 }) }),
    () =>
      aggregate('a', AccountState, {
        // @ts-expect-error an event of another set, through a checked command
        bad: command(z.object({}), () => CartEvents.ItemAdded({ sku: 'a', qty: 1 })),
      }),
    // @ts-expect-error an invariant on what the state does not have
    () => aggregate('a', AccountState, {}, { invariants: { no: ({ debt }) => debt === 0 } }),
    // @ts-expect-error an event type that begins with a lower-case letter
    () => events({ moneyLost: z.object({}) }),
    // @ts-expect-error a tag that no event has
    () => events({ A: z.object({ x: z.string() }) }, { tags: ['y'] }),
    // @ts-expect-error a misspelt tag
    () => fold(CourseEvents, { initial: 0 }).where({ corse: 'ts' }),
    // @ts-expect-error events without tags
    () => AccountState.where({ owner: 'ann' }),
    // @ts-expect-error a misspelt event
    () => fold(AccountEvents, { initial: { n: 0 }, MoneyWithdrawm: (state) => state }),
    // @ts-expect-error a handler that gives another state
    () => fold(AccountEvents, { initial: { n: 0 }, MoneyWithdrawn: () => ({ m: 0 }) }),
    // @ts-expect-error an argument of the wrong type
    () => bank.decide(enrol, 'ts', 3),
    () =>
      decision(
        (course: string) => ({ seats: fold(CourseEvents, { initial: 0 }).where({ course }) }),
        // @ts-expect-error an event of another set
        () => CartEvents.CheckedOut({ total: 1 }),
      ),
    // @ts-expect-error an unknown command
    () => given(Account).when((account) => account.explode()),
    // @ts-expect-error an aggregate shows no document
    () => given(Account).shows('a', {}),
    // @ts-expect-error an id is a text
    () => bank.load(Account, 1),
    // @ts-expect-error a rename to a type that is not declared
    () => events({ A: z.object({}) }, { renamed: { B: 'C' } }),
    // @ts-expect-error an option of the store that is misspelt
    () => sqlite('a.db', { timout: '5s' }),
  )
})
