import { aggregate, annals, fold, view, type App, type NewEventOf } from 'annals'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AccountEvents } from '../domain/bank.ts'
import { stores, type Place } from './stores.ts'
import { kept, type ways } from './ways.ts'

type Drafts = readonly NewEventOf<typeof AccountEvents>[]

/** Takes any events as they come. */
const Account = aggregate('account', fold(AccountEvents, { initial: {} }), {
  record: (_, drafts: Drafts) => drafts,
})

/** A state in which the order of the events is to be seen. */
const History = fold(AccountEvents, {
  initial: { owner: null as string | null, sum: 0, seen: [] as readonly string[] },
  AccountOpened: (state, { owner }, { stream, version }) => ({
    ...state,
    owner,
    seen: [...state.seen, `${stream.id}${version}`],
  }),
  MoneyDeposited: (state, { amount }, { stream, version }) => ({
    ...state,
    sum: state.sum + amount,
    seen: [...state.seen, `${stream.id}${version}`],
  }),
})

const PerStream = view('per-stream', History, { indexes: ['owner', 'sum'] })

/** Into several documents by the amount, into one by the owner, into none by what the fold does not handle. */
const PerKey = view('per-key', History, {
  by: ({ type, data }) =>
    type === 'AccountOpened'
      ? data.owner
      : Array.from({ length: data.amount % 4 }, (_, index) => `key ${data.amount + index}`),
})

const models = [PerStream, PerKey]

/** The documents of the views as plain folds of the log have them. */
async function foldedDocuments(bank: App): Promise<unknown> {
  const documents = models.map(() => new Map<string, typeof History.initial>())
  for await (const event of bank.read(AccountEvents))
    for (const [index, { keysOf, types }] of models.entries())
      for (const key of types.includes(event.type) ? keysOf(event) : []) {
        const before = documents[index]?.get(key) ?? History.initial
        documents[index]?.set(key, History.apply(before, event))
      }
  return documents.map((of) =>
    [...of].map(([key, state]) => ({ key, state })).toSorted((a, b) => (a.key < b.key ? -1 : 1)),
  )
}

async function keptDocuments(bank: App): Promise<unknown> {
  return Promise.all(models.map(async (model) => (await bank.query(model)).documents))
}

const draft: fc.Arbitrary<Drafts[number]> = fc.oneof(
  fc.constantFrom('ann', 'bob').map((owner) => AccountEvents.AccountOpened({ owner })),
  fc.integer({ min: 1, max: 9 }).map((amount) => AccountEvents.MoneyDeposited({ amount })),
  fc.integer({ min: 1, max: 9 }).map((amount) => AccountEvents.MoneyWithdrawn({ amount })),
)

const append = fc.record({
  id: fc.constantFrom('a', 'b', 'c'),
  drafts: fc.array(draft, { minLength: 1, maxLength: 4 }),
})

const appends = fc.array(append, { maxLength: 8 })

/** What a process does from its start to its end: the list in which it has the views, and what it appends meanwhile. */
const life = fc.record({
  way: fc.constantFrom<(typeof ways)[number] | 'none'>('inline', 'background', 'none'),
  started: fc.boolean(),
  appends,
})

type Life = typeof life extends fc.Arbitrary<infer T> ? T : never

async function live(place: Place, { way, started, appends: work }: Life): Promise<void> {
  await using bank = annals({ store: place.open(), ...(way !== 'none' && kept(way, ...models)) })
  if (started) await bank.start()
  for (const { id, drafts } of work) await bank.open(Account, id).record(drafts)
}

describe.each(stores)('$name', ({ name, at }) => {
  const numRuns = { memory: 50, SQLite: 10 }[name] ?? 4

  test('views that are inline, and those that follow, are as a fold of the log', async () => {
    await using place = await at()
    await using other = await at()
    await using inline = annals({ store: place.open(), inline: models })
    await using background = annals({ store: other.open(), background: models })
    await background.start()
    let tenants = 0
    await fc.assert(
      fc.asyncProperty(appends, async (work) => {
        const tenant = `tenant-${++tenants}`
        const [one, next] = [inline.with({ tenant }), background.with({ tenant })]
        for (const { id, drafts } of work) await one.open(Account, id).record(drafts)
        expect(await keptDocuments(one)).toEqual(await foldedDocuments(one))
        await Promise.all(work.map(({ id, drafts }) => next.open(Account, id).record(drafts)))
        await next.caughtUp()
        expect(await keptDocuments(next)).toEqual(await foldedDocuments(next))
      }),
      { numRuns: 3 * numRuns },
    )
  })

  test('whatever processes come and go, in whichever lists they have them, views are as a fold of the log', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(life, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (lives, inline) => {
          await using place = await at()
          for (const one of lives) await live(place, one)
          await using bank = annals({
            store: place.open(),
            ...kept(inline ? 'inline' : 'background', ...models),
          })
          await bank.start()
          await bank.caughtUp()
          expect(await keptDocuments(bank)).toEqual(await foldedDocuments(bank))
        },
      ),
      { numRuns },
    )
  })

  test('processes that have them in different lists at once leave no hole', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 2, maxLength: 3 }), async (lives) => {
        await using place = await at()
        await Promise.all(lives.map((one) => live(place, one)))
        await using bank = annals({ store: place.open(), background: models })
        await bank.start()
        await bank.caughtUp()
        expect(await keptDocuments(bank)).toEqual(await foldedDocuments(bank))
      }),
      { numRuns },
    )
  })
})
