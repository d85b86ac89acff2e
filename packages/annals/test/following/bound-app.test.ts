import { annals, decision, events, fold, reject, subscription, type App, type Event } from 'annals'
import { parked } from 'annals/operations'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Account, AccountEvents } from '../domain/bank.ts'
import { stores } from './stores.ts'
import { eventually } from './waiting.ts'

const soon = { attempts: 50, backoff: '1ms', max: '5ms' } as const

const TicketEvents = events({ TicketDrawn: z.object({ holder: z.string() }) }, { tags: ['holder'] })
const Tickets = fold(TicketEvents, {
  initial: { drawn: 0 },
  TicketDrawn: ({ drawn }) => ({ drawn: drawn + 1 }),
})

/** Draws a ticket however many the holder has. */
const draw = decision(
  (holder: string) => ({ tickets: Tickets.where({ holder }) }),
  (_, holder) => TicketEvents.TicketDrawn({ holder }),
)

/** Draws one ticket for each holder. */
const drawFirst = decision(
  (holder: string) => ({ tickets: Tickets.where({ holder }) }),
  ({ tickets }, holder) =>
    tickets.drawn > 0 ? reject('one is enough') : TicketEvents.TicketDrawn({ holder }),
)

async function all(read: AsyncIterable<Event>): Promise<readonly Event[]> {
  return Array.fromAsync(read)
}

/** Runs a handler for each opened account that fails a few times after all it did, until it goes through. */
async function runFailing(
  bank: (handler: ReturnType<typeof subscription>) => App,
  work: (app: App, event: Event) => Promise<unknown>,
): Promise<App> {
  let failures = 3
  const done = Promise.withResolvers<undefined>()
  const Failing = subscription('failing', AccountEvents, {
    retry: soon,
    AccountOpened: async (event, { app }) => {
      await work(app, event)
      if (--failures >= 0) throw new Error('after the work')
      done.resolve(undefined)
    },
  })
  const app = bank(Failing)
  await app.start()
  await app.open(Account, 'a').open('ann')
  await done.promise
  return app
}

describe.each(stores)('$name', ({ at }) => {
  test('what a handler records has the correlation of its event, and the event as its cause', async () => {
    await using place = await at()
    const Bonus = subscription('bonus', AccountEvents, {
      AccountOpened: async ({ stream }, { app }) => {
        await app.open(Account, `${stream.id}-bonus`).deposit({ amount: 1 })
        await app.decide(draw, stream.id)
        await app.together((both) => both.open(Account, `${stream.id}-both`).deposit({ amount: 2 }))
        await app
          .with({ actor: 'bonus' })
          .open(Account, `${stream.id}-acting`)
          .deposit({ amount: 3 })
      },
    })
    await using bank = annals({ store: place.open(), background: [Bonus] })
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const acting = bank.with({
      correlation: 'request-1',
      traceparent,
      actor: 'ann',
      tenant: 'acme',
    })
    await bank.start()
    const {
      events: [opened],
    } = await acting.open(Account, 'a').open('ann')
    await bank.caughtUp()
    const made = [
      ...(await all(acting.read(AccountEvents))).filter(({ type }) => type === 'MoneyDeposited'),
      ...(await all(acting.read(TicketEvents))),
    ]
    expect(made.map(({ stream }) => stream.id).slice(0, 3)).toEqual([
      'a-bonus',
      'a-both',
      'a-acting',
    ])
    expect(made).toHaveLength(4)
    for (const { tenant, metadata } of made) {
      expect(tenant).toBe('acme')
      expect(metadata).toMatchObject({
        correlation: 'request-1',
        causation: opened?.id,
        traceparent,
      })
    }
    // who asked for the event has not asked for what follows
    expect(made.map(({ metadata }) => metadata.actor)).toEqual([
      undefined,
      undefined,
      'bonus',
      undefined,
    ])
  })

  test('a command takes effect once, and gives its answer each time, however often the event is handled', async () => {
    await using place = await at()
    const answers: unknown[] = []
    await using bank = await runFailing(
      (handler) => annals({ store: place.open(), background: [handler] }),
      async (app, { stream }) => {
        const { state, version } = await app
          .open(Account, `${stream.id}-bonus`)
          .deposit({ amount: 1 })
        const second = await app.open(Account, `${stream.id}-bonus`).deposit({ amount: 1 })
        answers.push({ state, version }, { state: second.state, version: second.version })
      },
    )
    expect(await bank.load(Account, 'a-bonus')).toMatchObject({ version: 2, state: { balance: 2 } })
    expect(answers).toHaveLength(8)
    for (const [index, answer] of answers.entries())
      expect(answer).toMatchObject({
        version: (index % 2) + 1,
        state: { balance: (index % 2) + 1 },
      })
  })

  test('a key of its own is the one that counts', async () => {
    await using place = await at()
    await using bank = await runFailing(
      (handler) => annals({ store: place.open(), background: [handler] }),
      async (app) => {
        await app.open(Account, 'bonus', { once: 'bonus of the year' }).deposit({ amount: 1 })
      },
    )
    const { repeated } = await bank
      .open(Account, 'bonus', { once: 'bonus of the year' })
      .deposit({ amount: 1 })
    expect(repeated).toBe(true)
    expect(await bank.load(Account, 'bonus')).toMatchObject({ version: 1 })
  })

  test('a decision takes effect once, however often the event is handled', async () => {
    await using place = await at()
    const made: string[] = []
    await using bank = await runFailing(
      (handler) => annals({ store: place.open(), background: [handler] }),
      async (app) => {
        const { events: drawn } = await app.decide(draw, 'ann')
        const { events: first } = await app.decide(drawFirst, 'bob')
        made.push(...[...drawn, ...first].map(({ id }) => id))
      },
    )
    const tickets = await all(bank.read(TicketEvents))
    expect(tickets.map(({ data }) => data)).toEqual([{ holder: 'ann' }, { holder: 'bob' }])
    const ids = tickets.map(({ id }) => id)
    expect(made).toEqual([...ids, ...ids, ...ids, ...ids])
  })

  test('several aggregates together take effect once, however often the event is handled', async () => {
    await using place = await at()
    await using bank = await runFailing(
      (handler) => annals({ store: place.open(), background: [handler] }),
      async (app) => {
        await app.together(async (both) => {
          await both.open(Account, 'b').deposit({ amount: 5 })
          await both.open(Account, 'c').deposit({ amount: 5 })
          await both.open(Account, 'b').withdraw({ amount: 2 })
        })
        await app.together((both) => both.open(Account, 'b').deposit({ amount: 1 }))
      },
    )
    expect(await bank.load(Account, 'b')).toMatchObject({ version: 3, state: { balance: 4 } })
    expect(await bank.load(Account, 'c')).toMatchObject({ version: 1, state: { balance: 5 } })
  })

  test('commands through `with`, and by several handlers, have keys of their own', async () => {
    await using place = await at()
    const handler = (name: string) =>
      subscription(name, AccountEvents, {
        AccountOpened: async (_, { app }) => {
          await app.open(Account, 'bonus').deposit({ amount: 1 })
          await app.with({ actor: name }).open(Account, 'bonus').deposit({ amount: 1 })
          await app.with({ tenant: 'acme' }).open(Account, 'bonus').deposit({ amount: 1 })
        },
      })
    await using bank = annals({
      store: place.open(),
      background: [handler('one'), handler('other')],
    })
    await bank.start()
    await bank.open(Account, 'a').open('ann')
    await bank.open(Account, 'b').open('bob')
    await bank.caughtUp()
    expect(await bank.load(Account, 'bonus')).toMatchObject({ version: 8 })
    expect(await bank.with({ tenant: 'acme' }).load(Account, 'bonus')).toMatchObject({ version: 4 })
  })

  test('a handler that sends something else the second time is told', async () => {
    await using place = await at()
    let tries = 0
    const Fickle = subscription('fickle', AccountEvents, {
      retry: { ...soon, attempts: 2 },
      AccountOpened: async (_, { app }) => {
        await app.open(Account, 'bonus').deposit({ amount: ++tries })
        throw new Error('after the work')
      },
    })
    await using bank = annals({ store: place.open(), background: [Fickle] })
    await bank.start()
    await bank.open(Account, 'a').open('ann')
    await eventually(() => parked(bank)).toMatchObject([
      { attempts: 2, error: expect.stringMatching(/^MisuseError: .*once/) as string },
    ])
    expect(await bank.load(Account, 'bonus')).toMatchObject({ state: { balance: 1 } })
  })

  test('a handler may read, find and wait, and closing its app does nothing', async () => {
    await using place = await at()
    const seen: unknown[] = []
    const Reader = subscription('reader', AccountEvents, {
      MoneyDeposited: async ({ stream: { id }, version }, { app }) => {
        const { state } = await app.load(Account, id, { until: version })
        const past = await all(app.read(AccountEvents, { category: 'account', id }, { limit: 1 }))
        seen.push([state.balance, past.length])
        await app.close()
      },
    })
    await using bank = annals({ store: place.open(), background: [Reader] })
    await bank.start()
    for (const amount of [1, 2]) await bank.open(Account, 'a').deposit({ amount })
    await bank.caughtUp()
    expect(seen).toEqual([
      [1, 1],
      [3, 1],
    ])
  })
})
