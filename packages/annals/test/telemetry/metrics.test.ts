import type { Histogram } from '@opentelemetry/sdk-metrics'
import {
  annals,
  ConflictError,
  memory,
  subscription,
  UnavailableError,
  view,
  type Draft,
  type EventStore,
  type Lease,
} from 'annals'
import { traced } from 'annals/opentelemetry'
import { describe, expect, test } from 'vitest'
import { Account, AccountEvents, AccountState } from '../domain/bank.ts'
import { inMemory, overriding, stores } from '../following/stores.ts'
import { eventually } from '../following/waiting.ts'
import { collecting, type Collected } from './instruments.ts'

// Each metric moves when what it measures happens, and tells apart what it should.

const Balances = view('balances', AccountState)
const [, sqliteStore, postgresStore] = stores

/** The points of a metric: what tells them apart, and the number, or how many were recorded and their sum. */
async function told({ points }: Collected, metric: string): Promise<readonly unknown[]> {
  return (await points(metric)).map(({ attributes, value }) => {
    const { count, sum } = value as Histogram
    return {
      ...attributes,
      value: typeof value === 'number' ? value : count,
      ...(metric.endsWith('size') && { sum }),
    }
  })
}

function draft(id: string): Draft {
  const stream = { category: 'account', id }
  return {
    id: crypto.randomUUID(),
    stream,
    type: 'E',
    schemaVersion: 1,
    data: '{}',
    metadata: '{}',
    tags: [],
  }
}

test('appends, their events and their conflicts are counted', async () => {
  const collected = collecting()
  await using store = traced(memory(), { ...collected.options, name: 'ledger' })
  const common = { 'annals.store.name': 'ledger' }
  const guard = { streams: [{ category: 'account', id: 'a', version: 'none' }] } as const
  await store.append({ tenant: '', drafts: [draft('a'), draft('a')], guard })
  await expect(store.append({ tenant: '', drafts: [draft('a')], guard })).rejects.toThrow(
    ConflictError,
  )
  expect(await told(collected, 'annals.append.events')).toEqual([{ ...common, value: 2 }])
  expect(await told(collected, 'annals.append.conflicts')).toEqual([{ ...common, value: 1 }])
  expect(await told(collected, 'annals.append.duration')).toEqual([
    { ...common, value: 1 },
    { ...common, 'annals.outcome': 'conflict', 'error.type': 'ANNALS_CONFLICT', value: 1 },
  ])
})

test('durations are in seconds', async () => {
  const collected = collecting()
  const slow = memory()
  const store = traced(
    overriding(slow, {
      append: async (append) => {
        const until = performance.now() + 30
        while (performance.now() < until);
        return slow.append(append)
      },
    }),
    collected.options,
  )
  await store.append({ tenant: '', drafts: [draft('a')] })
  const points = await collected.points('annals.append.duration')
  const [{ sum, buckets }] = points.map(({ value }) => value) as [Histogram]
  expect(sum).toBeGreaterThanOrEqual(0.03)
  expect(sum).toBeLessThan(3)
  expect(buckets.boundaries).toContain(0.005)
})

test('commands are told apart by their names and how they ended, and their attempts counted', async () => {
  const collected = collecting()
  const plain = memory()
  let broken = false
  let before = 0
  const store = overriding(plain, {
    append: async (append) => {
      if (broken) throw new TypeError('out of order')
      if (before-- > 0) throw new ConflictError('somebody was first')
      return plain.append(append)
    },
  })
  await using bank = annals({ store: traced(store, collected.options) })
  const account = bank.open(Account, 'a')
  before = 2
  await account.deposit({ amount: 5 })
  await expect(account.withdraw({ amount: 9 })).rejects.toThrow('insufficient funds')
  await expect(account.withdraw({ amount: -9 })).rejects.toThrow('amount')
  broken = true
  await expect(account.deposit({ amount: 5 })).rejects.toThrow('out of order')

  const deposit = { 'annals.command.name': 'account.deposit' }
  const withdraw = { 'annals.command.name': 'account.withdraw' }
  expect(await told(collected, 'annals.command.retries')).toEqual([{ ...deposit, value: 2 }])
  expect(await told(collected, 'annals.command.duration')).toEqual([
    { ...deposit, value: 1 },
    { ...withdraw, 'annals.outcome': 'rejected', value: 1 },
    { ...withdraw, 'annals.outcome': 'invalid', 'error.type': 'ANNALS_INVALID_COMMAND', value: 1 },
    { ...deposit, 'annals.outcome': 'failed', 'error.type': 'TypeError', value: 1 },
  ])
})

describe.each([sqliteStore, postgresStore])('on $name', ({ at }) => {
  test('batches are measured by their appends', async () => {
    await using place = await at()
    const collected = collecting()
    await using store = traced(place.open(), collected.options)
    await store.settled()
    const ids = Array.from({ length: 10 }, (_, n) => `a-${n}`)
    await Promise.all(ids.map((id) => store.append({ tenant: '', drafts: [draft(id)] })))
    const [{ value, sum } = { value: 0, sum: 0 }] = (await told(
      collected,
      'annals.append.batch.size',
    )) as readonly { value: number; sum: number }[]
    expect(sum).toBe(10)
    expect(value).toBeLessThan(10)
  })

  test('an append that waits for what another transaction holds is busy', async () => {
    await using place = await at()
    const collected = collecting()
    await using store = traced(place.open(), collected.options)
    await store.settled()
    const caller = await place.begin()
    await store.append({ tenant: '', drafts: [draft('a')] }, { tx: caller.tx })
    const waiting = store.append({ tenant: '', drafts: [draft('a')] })
    await eventually(() => told(collected, 'annals.append.busy')).toEqual([{ value: 1 }])
    await caller.commit()
    await waiting
  })
})

test('the watermark is behind the head for as long as a transaction holds it', async () => {
  await using place = await postgresStore.at()
  const collected = collecting()
  await using store = traced(place.open(), collected.options)
  await store.append({ tenant: '', drafts: [draft('a')] })
  expect(await told(collected, 'annals.watermark.distance')).toEqual([{ value: 0 }])
  expect(await told(collected, 'annals.watermark.delay')).toEqual([{ value: 0 }])
  const caller = await place.begin()
  await store.append({ tenant: '', drafts: [draft('a')] }, { tx: caller.tx })
  await store.append({ tenant: '', drafts: [draft('b')] })
  const [distance] = await collected.points('annals.watermark.distance')
  expect(distance?.value).toBeGreaterThan(0)
  await eventually(
    async () => (await collected.points('annals.watermark.delay'))[0]?.value,
  ).toBeGreaterThan(0)
  await caller.commit()
  await store.append({ tenant: '', drafts: [draft('a')] })
  expect(await told(collected, 'annals.watermark.distance')).toEqual([{ value: 0 }])
})

describe.each(stores)('a processor on $name', ({ at }) => {
  test('has a lag, which goes when it has caught up', async () => {
    await using place = await at()
    const collected = collecting()
    const store = traced(place.open(), collected.options)
    await using bank = annals({ store, background: [Balances] })
    await bank.find(Balances, 'a') // registered, and run by nobody
    const { position } = await bank.open(Account, 'a').deposit({ amount: 5 })
    const ofBalances = {
      'annals.processor.name': 'balances',
      'annals.processor.version': Balances.version,
    }
    const gauged = { ...ofBalances, 'annals.processor.kind': 'view' }
    expect(await told(collected, 'annals.processor.lag')).toEqual([{ ...gauged, value: position }])
    await bank.start()
    await bank.caughtUp()
    await eventually(() => told(collected, 'annals.processor.lag')).toEqual([
      { ...gauged, value: 0 },
    ])
    const measured = { ...ofBalances, value: 1 }
    await eventually(() => told(collected, 'annals.processor.events')).toEqual([measured])
    expect(await told(collected, 'annals.processor.handling.duration')).toEqual([measured])
  })

  test('has parked events, and queues that are stuck', async () => {
    await using place = await at()
    const collected = collecting()
    const Failing = subscription('failing', AccountEvents, {
      retry: { attempts: 1 },
      MoneyDeposited: () => {
        throw new RangeError('never')
      },
    })
    const store = traced(place.open(), collected.options)
    await using bank = annals({ store, background: [Failing] })
    await bank.open(Account, 'a').deposit({ amount: 5 })
    await bank.open(Account, 'a').deposit({ amount: 5 })
    await bank.start()
    await bank.caughtUp()
    const ofFailing = { 'annals.processor.name': 'failing', 'annals.processor.version': '1' }
    const gauged = { ...ofFailing, 'annals.processor.kind': 'subscription' }
    await eventually(() => told(collected, 'annals.processor.parked')).toEqual([
      { ...gauged, value: 2 },
    ])
    expect(await told(collected, 'annals.processor.stuck')).toEqual([{ ...gauged, value: 1 }])
    expect(await told(collected, 'annals.processor.handling.duration')).toEqual([
      { ...ofFailing, 'annals.outcome': 'failed', 'error.type': 'RangeError', value: 1 },
    ])
    expect(await told(collected, 'annals.processor.events')).toEqual([])
  })
})

test('a view that is inline has no lag', async () => {
  await using place = await inMemory()
  const collected = collecting()
  const store = traced(place.open(), collected.options)
  await using bank = annals({ store, inline: [Balances] })
  await bank.open(Account, 'a').deposit({ amount: 5 })
  expect(await told(collected, 'annals.processor.lag')).toMatchObject([{ value: 0 }])
})

test('leases are counted when they come and go', async () => {
  await using place = await inMemory()
  const collected = collecting()
  const changes = () => told(collected, 'annals.processor.lease.changes')
  const of = { 'annals.processor.name': 'balances', 'annals.processor.version': Balances.version }
  const store = traced(place.open(), collected.options)
  const bank = annals({ store, background: [Balances] })
  await bank.start()
  expect(await changes()).toEqual([{ ...of, 'annals.lease.change': 'claimed', value: 1 }])
  await bank.close()
  expect(await changes()).toContainEqual({ ...of, 'annals.lease.change': 'released', value: 1 })
})

type Way = (store: EventStore, lease: Lease) => Promise<unknown>

describe('a lease that another process took is lost, once, by who', () => {
  const model = { name: 'balances', version: '1' }
  const ways: Readonly<Record<string, Way>> = {
    'commits a page': ({ ledger }, lease) =>
      expect(ledger.commit({ lease, position: 0 })).rejects.toThrow(UnavailableError),
    'moves a checkpoint': ({ ledger }, lease) => ledger.advance([{ lease, position: 0 }]),
    'renews it': ({ ledger }, lease) =>
      ledger.tend({ owner: 'a', term: 1_000, held: [lease], runs: [model] }),
  }

  test.each(Object.entries(ways))('%s', async (_, way) => {
    let now = 0
    const collected = collecting()
    await using plain = memory({ clock: () => new Date(now) })
    const store = traced(plain, collected.options)
    const { ledger } = store
    await ledger.register([
      { ...model, kind: 'view', slices: 1, from: 0, inline: false, fields: 0 },
    ])
    const slice = { ...model, first: 0 }
    const [lease] = await ledger.claim([slice], 'a', 1_000)
    now = 2_000
    await plain.ledger.claim([slice], 'b', 1_000)
    await way(store, lease as Lease)
    await way(store, lease as Lease)
    const of = { 'annals.processor.name': 'balances', 'annals.processor.version': '1' }
    expect(await told(collected, 'annals.processor.lease.changes')).toEqual([
      { ...of, 'annals.lease.change': 'claimed', value: 1 },
      { ...of, 'annals.lease.change': 'lost', value: 1 },
    ])
  })
})
