import {
  annals,
  fold,
  memory,
  StorageError,
  subscription,
  UnavailableError,
  view,
  type App,
} from 'annals'
import {
  discard,
  health,
  parked,
  parkedDetails,
  pause,
  resume,
  retry,
  status,
  type ProcessorStatus,
} from 'annals/operations'
import { describe, expect, test } from 'vitest'
import { Account, AccountEvents, AccountState } from '../domain/bank.ts'
import { overriding, stores } from './stores.ts'
import { eventually } from './waiting.ts'

const Balances = view('balances', AccountState, { slices: 2, version: 3 })

const Sums = view(
  'sums',
  fold(AccountEvents, {
    version: 7,
    initial: { sum: 0 },
    MoneyDeposited: ({ sum }, { amount }) => ({ sum: sum + amount }),
  }),
)

/** Fails for all that is withdrawn. */
const Receipts = subscription('receipts', AccountEvents, {
  retry: { attempts: 1 },
  MoneyDeposited: () => undefined,
  MoneyWithdrawn: () => {
    throw new TypeError('no receipts for withdrawals')
  },
})

async function statusOf(bank: App, name: string): Promise<ProcessorStatus | undefined> {
  return (await status(bank)).processors.find((processor) => processor.name === name)
}

describe.each(stores)('$name', ({ at }) => {
  test('the status says how the log and each processor stand', async () => {
    await using place = await at()
    await using bank = annals({
      store: place.open(),
      inline: [Sums],
      background: [Balances, Receipts],
    })
    expect(await status(bank)).toMatchObject({
      store: { head: 0, settled: 0, holders: [] },
      processors: [
        { kind: 'view', name: 'sums', version: '7.1', state: 'new' },
        { kind: 'view', name: 'balances', version: '1.3', state: 'new' },
        { kind: 'subscription', name: 'receipts', version: '1', state: 'new' },
      ],
    })
    await bank.open(Account, 'a').deposit({ amount: 5 })
    await bank.open(Account, 'a').deposit({ amount: 5 })
    expect(await status(bank)).toMatchObject({
      store: { head: 2, settled: 2, holders: [] },
      processors: [
        { name: 'sums', state: 'inline', position: 2, lag: 0, slices: [{ position: 2 }] },
        { name: 'balances', state: 'stopped', position: 0, lag: 2, rate: undefined },
        { name: 'receipts', state: 'stopped', position: 0, lag: 2, error: undefined },
      ],
    })
    await bank.start()
    await bank.caughtUp()
    await eventually(() => status(bank)).toMatchObject({
      processors: [
        { name: 'sums', state: 'inline', lag: 0 },
        { name: 'balances', state: 'following', position: 2, lag: 0 },
        { name: 'receipts', state: 'following', position: 2, lag: 0 },
      ],
    })
    const { slices = [] } = (await statusOf(bank, 'balances')) ?? {}
    expect(slices).toHaveLength(2)
    for (const { owner } of slices)
      expect(owner).toMatch(new RegExp(`^.+:${process.pid}:[0-9a-f]{8}$`))
  })

  test('the lag is how far the head is from the checkpoint, whoever appends', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Balances] })
    await using other = annals({ store: place.open() })
    await bank.caughtUp() // which lets the store know it
    await pause(bank, Balances)
    await bank.start()
    for (const lag of [1, 2, 3]) {
      await other.open(Account, 'a').deposit({ amount: 5 })
      expect(await statusOf(bank, 'balances')).toMatchObject({ position: 0, lag, state: 'paused' })
    }
  })

  test('the status is seen by a process that runs nothing', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Receipts] })
    await using onlooker = annals({ store: place.open(), background: [Receipts] })
    await bank.start()
    await bank.open(Account, 'a').deposit({ amount: 5 })
    await bank.open(Account, 'a').withdraw({ amount: 1 })
    await bank.caughtUp()
    const [event] = await parked(onlooker)
    expect(await statusOf(onlooker, 'receipts')).toMatchObject({
      state: 'following',
      position: 2,
      lag: 0,
      rate: undefined,
      parked: { events: 1, stuck: 1, oldest: event?.at },
    })
  })

  test('an app is healthy while some process runs what it keeps', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), inline: [Sums], background: [Balances] })
    await using other = annals({ store: place.open(), inline: [Sums], background: [Balances] })
    await bank.caughtUp()
    expect(await health(bank)).toEqual({
      healthy: false,
      problems: ['balances is run by no process: call start() in one that keeps it'],
    })
    await other.start()
    expect(await health(bank)).toEqual({ healthy: true, problems: [] })
    await pause(bank, Balances)
    expect(await health(bank)).toEqual({ healthy: true, problems: [] })
  })

  test('an app with a queue that waits for a person is not healthy', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Receipts] })
    await bank.start()
    await bank.open(Account, 'a').deposit({ amount: 5 })
    await bank.open(Account, 'a').withdraw({ amount: 1 })
    await bank.open(Account, 'a').withdraw({ amount: 1 })
    await bank.caughtUp()
    expect(await health(bank)).toEqual({
      healthy: false,
      problems: [
        'receipts has 1 queue of parked events that wait for a person: npx annals parked lists them',
      ],
    })
    for (const event of await parked(bank)) {
      expect(await discard(bank, event)).toBe(true)
      await eventually(() => parked(bank)).not.toContainEqual(event)
    }
  })

  test('an app that is too far behind is not healthy, where it is said how far that is', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Receipts] })
    await bank.caughtUp() // which lets the store know it
    await pause(bank, Receipts)
    for (let count = 0; count < 3; count++) await bank.open(Account, 'a').deposit({ amount: 5 })
    expect(await health(bank)).toMatchObject({ healthy: true })
    expect(await health(bank, { lag: 3 })).toMatchObject({ healthy: true })
    expect(await health(bank, { lag: 2 })).toEqual({
      healthy: false,
      problems: ['receipts is 3 positions behind the head of the log'],
    })
  })

  test('parked events are listed in the order of their positions, a part at a time', async () => {
    await using place = await at()
    const Second = subscription('second', AccountEvents, {
      retry: { attempts: 1 },
      MoneyDeposited: () => {
        throw new Error('nor deposits')
      },
    })
    await using bank = annals({ store: place.open(), background: [Receipts, Second] })
    await bank.start()
    for (const id of ['a', 'b']) {
      await bank.open(Account, id).deposit({ amount: 5 })
      await bank.open(Account, id).withdraw({ amount: 1 })
    }
    await bank.caughtUp()
    const places = async (options?: Parameters<typeof parked>[1]) =>
      (await parked(bank, options)).map(({ processor, position }) => `${processor} ${position}`)
    expect(await places()).toEqual(['second 1', 'receipts 2', 'second 3', 'receipts 4'])
    expect(await places({ limit: 2 })).toEqual(['second 1', 'receipts 2'])
    const [first, second] = await parked(bank)
    if (!first || !second) throw new Error('nothing is parked')
    expect(await places({ after: second })).toEqual(['second 3', 'receipts 4'])
    expect(await places({ of: Receipts })).toEqual(['receipts 2', 'receipts 4'])
    expect(await places({ of: 'second', after: first, limit: 1 })).toEqual(['second 3'])
  })

  test('a parked event shows what it says', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Receipts] })
    await bank.start()
    const acme = bank.with({ tenant: 'acme', actor: 'ann' })
    await acme.open(Account, 'a').deposit({ amount: 5 })
    const { events: added } = await acme.open(Account, 'a').withdraw({ amount: 1 })
    await bank.caughtUp()
    const [event] = await parked(bank)
    expect(event && (await parkedDetails(bank, event))).toEqual({
      ...event,
      event: {
        stream: { category: 'account', id: 'a' },
        version: 2,
        at: added[0]?.at,
        schemaVersion: 1,
        tags: [],
        data: { amount: 1 },
        metadata: added[0]?.metadata,
      },
    })
  })

  test('what is asked for a parked event is noted until its owner has done it', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Receipts] })
    {
      await using first = annals({ store: place.open(), background: [Receipts] })
      await first.start()
      await first.open(Account, 'a').deposit({ amount: 5 })
      await first.open(Account, 'a').withdraw({ amount: 1 })
      await first.caughtUp()
    }
    const [event] = await parked(bank)
    if (!event) throw new Error('nothing is parked')
    expect(await retry(bank, event)).toBe(true)
    expect(await parked(bank)).toEqual([{ ...event, request: 'retry' }])
    expect(await statusOf(bank, 'receipts')).toMatchObject({ parked: { events: 1, stuck: 0 } })
    await bank.start()
    await eventually(() => parked(bank)).toEqual([{ ...event, attempts: 2, request: undefined }])
  })

  test('pausing stops what runs, and resuming lets it go on, in all processes', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Balances] })
    await using operator = annals({ store: place.open(), background: [Balances] })
    await bank.start()
    await pause(operator, 'balances')
    await eventually(async () =>
      (await statusOf(operator, 'balances'))?.slices.map(({ owner }) => owner),
    ).toEqual([undefined, undefined])
    await bank.open(Account, 'a').deposit({ amount: 5 })
    expect(await statusOf(operator, 'balances')).toMatchObject({ state: 'paused', lag: 1 })
    await resume(operator, Balances)
    await bank.caughtUp({ timeout: '5s' })
    expect(await bank.find(Balances, 'a')).toMatchObject({ balance: 5 })
  })

  test('the rate is how many events a second this process handles', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Receipts] })
    await bank.start()
    expect((await statusOf(bank, 'receipts'))?.rate).toBe(0)
    for (let count = 0; count < 10; count++) await bank.open(Account, 'a').deposit({ amount: 5 })
    await bank.caughtUp()
    const started = performance.now()
    const { rate = 0 } = (await statusOf(bank, 'receipts')) ?? {}
    expect(rate).toBeGreaterThan(0)
    expect(await statusOf(bank, 'receipts')).toMatchObject({ rate: 0 })
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

test('what cannot go on says so in the status and in health', async () => {
  const kept = memory()
  const ledger = overriding(kept.ledger, {
    commit: async ({ position }) => {
      throw new StorageError('ANNALS_CORRUPT', `the database cannot be written at ${position}`)
    },
  })
  const store = overriding(kept, { ledger })
  await using bank = annals({ store, background: [Receipts] })
  await bank.start()
  await bank.open(Account, 'a').deposit({ amount: 5 })
  await eventually(() => statusOf(bank, 'receipts')).toMatchObject({
    state: 'failed',
    position: 0,
    lag: 1,
    error: 'StorageError: the database cannot be written at 1',
  })
  expect(await health(bank)).toEqual({
    healthy: false,
    problems: ['receipts cannot go on: StorageError: the database cannot be written at 1'],
  })
  await expect(bank.caughtUp({ timeout: '10ms' })).rejects.toThrow(
    'receipts is at position 0: StorageError: the database cannot be written at 1',
  )
})

test('what the store holds up says so, and goes on when the store answers', async () => {
  const kept = memory()
  let down = true
  const ledger = overriding(kept.ledger, {
    commit: async (page) => {
      if (down) throw new UnavailableError('ANNALS_UNAVAILABLE', 'the database does not answer')
      return kept.ledger.commit(page)
    },
  })
  const store = overriding(kept, { ledger })
  await using bank = annals({ store, background: [Sums] })
  await bank.start()
  await bank.open(Account, 'a').deposit({ amount: 5 })
  await eventually(() => health(bank)).toEqual({
    healthy: false,
    problems: ['sums is held up: UnavailableError: the database does not answer'],
  })
  expect(await statusOf(bank, 'sums')).toMatchObject({ state: 'following', lag: 1 })
  down = false
  await bank.caughtUp()
  expect(await health(bank)).toEqual({ healthy: true, problems: [] })
})

test('health does not fail where the store does not answer', async () => {
  const bank = annals({ store: memory(), background: [Receipts] })
  await bank.close()
  expect(await health(bank)).toEqual({
    healthy: false,
    problems: [expect.stringMatching(/^the store does not answer: MisuseError: .*closed/)],
  })
})

describe('what cannot be asked is refused', () => {
  const bank = annals({ store: memory(), inline: [Sums], background: [Receipts] })
  const queue = { processor: 'receipts', version: '1', tenant: '', queue: 'account/a' }
  const event = { ...queue, position: 7, eventId: 'e-7' }
  const mistakes: Readonly<Record<string, readonly [() => Promise<unknown>, string]>> = {
    'to pause what the app does not keep': [
      () => pause(bank, 'balances'),
      'pause: the app keeps no balances; it keeps sums, receipts',
    ],
    'to resume what the app does not keep': [
      () => resume(bank, Balances),
      'resume: the app keeps no balances; it keeps sums, receipts',
    ],
    'to list what the app does not keep': [
      () => parked(bank, { of: 'balances' }),
      'parked: the app keeps no balances; it keeps sums, receipts',
    ],
    'a misspelt option of parked': [
      // @ts-expect-error misspelt
      () => parked(bank, { off: 'receipts' }),
      'parked has no option off; it takes of, after, limit',
    ],
    'a list of nothing': [() => parked(bank, { limit: 0 }), 'parked: limit is 0'],
    'a misspelt option of health': [
      // @ts-expect-error misspelt
      () => health(bank, { leg: 7 }),
      'health has no option leg; it takes lag',
    ],
    'the status of what is no app': [
      () => status({} as App),
      'status takes the app that annals() gave',
    ],
    'the details of an event that is not there': [
      () => parkedDetails(bank, event as never),
      'the event e-7 is not at position 7 any more; retry lets its queue go on without it',
    ],
  }

  test.each(Object.entries(mistakes))('%s', async (_, [mistake, message]) => {
    await expect((async () => mistake())()).rejects.toMatchObject({
      code: 'ANNALS_OPTION',
      message: expect.stringContaining(message) as string,
    })
  })

  test('what is not parked is neither retried nor discarded', async () => {
    expect(await retry(bank, event as never)).toBe(false)
    expect(await discard(bank, event as never)).toBe(false)
  })
})

test('who has appended what a failover lost catches up with what there is', async () => {
  const kept = memory()
  const lost = 1_000
  // the answer of a primary that is no more
  const store = overriding(kept, {
    append: async (append) => ({ ...(await kept.append(append)), position: lost }),
  })
  await using bank = annals({ store, background: [Sums] })
  await bank.start()
  await bank.open(Account, 'a').deposit({ amount: 5 })
  await bank.caughtUp({ timeout: '5s' })
  expect(await bank.find(Sums, 'a')).toEqual({ sum: 5 })
})
