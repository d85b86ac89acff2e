import { aggregate, annals, events, fold, memory, subscription, type RetryOptions } from 'annals'
import { discard, parked, parkedDetails, retry, status, type ParkedEvent } from 'annals/operations'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Account, AccountEvents } from '../domain/bank.ts'
import { counting, deposited } from './deposits.ts'
import { overriding, stores } from './stores.ts'
import { eventually } from './waiting.ts'

const soon: RetryOptions = { attempts: 100, backoff: '2ms', max: '10ms' }

/** A subscription that fails for the streams of a set, as long as they are in it. */
function fussy(
  settings: { readonly retry: RetryOptions; readonly slices?: number },
  ...ids: readonly string[]
) {
  const failing = new Set(ids)
  const seen: string[] = []
  const tried: string[] = []
  const Fussy = subscription('fussy', AccountEvents, {
    ...settings,
    MoneyDeposited: async ({ stream, version }) => {
      tried.push(`${stream.id}${version}`)
      if (failing.has(stream.id)) throw new RangeError(`${stream.id} is not for me`)
      seen.push(`${stream.id}${version}`)
    },
  })
  return { Fussy, failing, seen, tried }
}

describe.each(stores)('$name', ({ at }) => {
  test('an event that fails is tried again; the later ones of its queue wait behind it, and others go on', async () => {
    await using place = await at()
    const { Fussy, failing, seen } = fussy({ retry: soon }, 'b')
    await using bank = annals({ store: place.open(), background: [Fussy] })
    await bank.start()
    await deposited(bank, 'a', 'b', 'b', 'a', 'c', 'b')
    await bank.caughtUp()
    expect(seen).toEqual(['a1', 'a2', 'c1'])
    failing.clear()
    await eventually(() => parked(bank)).toEqual([])
    expect(seen).toEqual(['a1', 'a2', 'c1', 'b1', 'b2', 'b3'])
    await deposited(bank, 'b')
    await bank.caughtUp()
    expect(seen).toEqual(['a1', 'a2', 'c1', 'b1', 'b2', 'b3', 'b4'])
  })

  test('an event that fails among those that it let through is tried again from there', async () => {
    await using place = await at()
    const seen: number[] = []
    const failing = new Set([3, 5])
    const Fussy = subscription('fussy', AccountEvents, {
      retry: soon,
      MoneyDeposited: ({ version }) => {
        if (failing.delete(version)) throw new Error('not at once')
        seen.push(version)
      },
    })
    await using bank = annals({ store: place.open(), background: [Fussy] })
    await deposited(bank, 'a', 'a', 'a', 'a', 'a', 'a')
    await bank.start()
    await eventually(() => seen).toEqual([1, 2, 3, 4, 5, 6])
    await eventually(() => parked(bank)).toEqual([])
  })

  test('an event is tried as often as `attempts` says, and then waits for a person', async () => {
    await using place = await at()
    const { Fussy, tried, failing, seen } = fussy({ retry: { ...soon, attempts: 3 } }, 'b')
    await using bank = annals({ store: place.open(), background: [Fussy] })
    await bank.start()
    await deposited(bank, 'b', 'b', 'a')
    await eventually(() => parked(bank)).toMatchObject([
      {
        processor: 'fussy',
        version: '1',
        tenant: '',
        queue: 'account/b',
        position: 1,
        type: 'MoneyDeposited',
        attempts: 3,
        error: 'RangeError: b is not for me',
        next: undefined,
        request: undefined,
      },
      { position: 2, attempts: 0, error: undefined, next: undefined },
    ])
    await bank.caughtUp()
    expect(tried.toSorted()).toEqual(['a1', 'b1', 'b1', 'b1'])
    failing.clear()
    const [first] = await parked(bank)
    expect(first && (await retry(bank, first))).toBe(true)
    await eventually(() => parked(bank)).toEqual([])
    expect(seen).toEqual(['a1', 'b1', 'b2'])
  })

  test('a parked event that is discarded is never handled, and those behind it are', async () => {
    await using place = await at()
    const { Fussy, failing, seen } = fussy({ retry: { attempts: 1 } }, 'b')
    await using bank = annals({ store: place.open(), background: [Fussy] })
    await bank.start()
    await deposited(bank, 'b', 'b', 'b')
    await bank.caughtUp()
    failing.clear()
    const [first] = await parked(bank)
    expect(first && (await discard(bank, first))).toBe(true)
    await eventually(() => parked(bank)).toEqual([])
    expect(seen).toEqual(['b2', 'b3'])
    expect(first && (await discard(bank, first))).toBe(false)
    expect(first && (await retry(bank, first))).toBe(false)
  })

  test('what is parked stays parked over restarts, and is tried again in its turn', async () => {
    await using place = await at()
    const { Fussy, failing, seen, tried } = fussy({ retry: soon }, 'b')
    {
      await using bank = annals({ store: place.open(), background: [Fussy] })
      await bank.start()
      await deposited(bank, 'b', 'a', 'b')
      await bank.caughtUp()
    }
    const before = tried.length
    await using bank = annals({ store: place.open(), background: [Fussy] })
    await deposited(bank, 'b', 'a')
    await bank.start()
    await bank.caughtUp()
    expect(seen).toEqual(['a1', 'a2'])
    await eventually(() => tried.length).toBeGreaterThan(before)
    expect(tried.filter((one) => one.startsWith('b'))).not.toContain('b2')
    failing.clear()
    await eventually(() => parked(bank)).toEqual([])
    expect(seen).toEqual(['a1', 'a2', 'b1', 'b2', 'b3'])
  })

  test('`by` says what is one queue', async () => {
    await using place = await at()
    const seen: string[] = []
    let failing = true
    const Fussy = subscription('fussy', AccountEvents, {
      retry: soon,
      by: ({ data }) => ('owner' in data ? data.owner : String(data.amount)),
      MoneyDeposited: ({ stream }) => {
        if (failing && stream.id === 'a') throw new Error('not now')
        seen.push(stream.id)
      },
    })
    await using bank = annals({ store: place.open(), background: [Fussy] })
    await bank.start()
    for (const [id, amount] of [
      ['a', 1],
      ['b', 1],
      ['c', 2],
      ['d', 1],
    ] as const)
      await bank.open(Account, id).deposit({ amount })
    await bank.caughtUp()
    expect(seen).toEqual(['c'])
    expect(await parked(bank)).toMatchObject([{ queue: '1' }, { queue: '1' }, { queue: '1' }])
    failing = false
    await eventually(() => seen).toEqual(['c', 'a', 'b', 'd'])
  })

  test('the queues of tenants are their own', async () => {
    await using place = await at()
    const seen: string[] = []
    const Fussy = subscription('fussy', AccountEvents, {
      retry: { attempts: 1 },
      MoneyDeposited: ({ tenant }) => {
        if (tenant === 'acme') throw new Error('not for acme')
        seen.push(tenant)
      },
    })
    await using bank = annals({ store: place.open(), background: [Fussy] })
    await bank.start()
    await bank.with({ tenant: 'acme' }).open(Account, 'a').deposit({ amount: 1 })
    await bank.open(Account, 'a').deposit({ amount: 1 })
    await bank.with({ tenant: 'initech' }).open(Account, 'a').deposit({ amount: 1 })
    await bank.caughtUp()
    expect(seen).toEqual(['', 'initech'])
    expect(await parked(bank)).toMatchObject([{ tenant: 'acme', queue: 'account/a' }])
  })

  test('an event that cannot be read is parked in its queue, until a program comes that can read it', async () => {
    await using place = await at()
    const Strict = events({ MoneyDeposited: z.object({ amount: z.number().max(5) }) })
    const { seen, note } = counting()
    const strict = subscription('seen', Strict, { retry: { attempts: 1 }, MoneyDeposited: note })
    const lenient = subscription('seen', AccountEvents, { retry: soon, MoneyDeposited: note })
    await using before = annals({ store: place.open() })
    for (const [id, amount] of [
      ['a', 1],
      ['b', 7],
      ['b', 1],
      ['a', 2],
    ] as const)
      await before.open(Account, id).deposit({ amount })
    {
      await using bank = annals({ store: place.open(), background: [strict] })
      await bank.start()
      await bank.caughtUp()
      expect(seen).toEqual(['a 1', 'a 2'])
      const [first] = await parked(bank)
      expect(first).toMatchObject({
        position: 2,
        queue: 'account/b',
        error: expect.stringMatching(
          /^InvalidError: MoneyDeposited of schema version 1 \(account\/b, version 1\)/,
        ) as string,
      })
      expect(first && (await retry(bank, first))).toBe(true)
    }
    await using bank = annals({ store: place.open(), background: [lenient] })
    await bank.start()
    await eventually(() => parked(bank)).toEqual([])
    expect(seen).toEqual(['a 1', 'a 2', 'b 1', 'b 2'])
  })

  test('an event that cannot be read and waited behind another is told when its turn comes', async () => {
    await using place = await at()
    const Strict = events({ MoneyDeposited: z.object({ amount: z.number().max(5) }) })
    let failing = true
    const Seen = subscription('seen', Strict, {
      retry: { attempts: 1 },
      MoneyDeposited: () => {
        if (failing) throw new Error('not now')
      },
    })
    await using before = annals({ store: place.open() })
    for (const amount of [1, 7, 2]) await before.open(Account, 'a').deposit({ amount })
    await using bank = annals({ store: place.open(), background: [Seen] })
    await bank.start()
    await bank.caughtUp()
    const [first] = await parked(bank)
    expect(first).toMatchObject({ position: 1, attempts: 1 })
    failing = false
    expect(first && (await retry(bank, first))).toBe(true)
    await eventually(() => parked(bank)).toMatchObject([
      { position: 2, attempts: 1, error: expect.stringMatching(/^InvalidError/) as string },
      { position: 3, attempts: 0 },
    ])
  })

  test('a parked event that another history has another one for is not handled', async () => {
    await using place = await at()
    const { Fussy, failing, tried } = fussy({ retry: { attempts: 1 } }, 'a')
    const kept = place.open()
    let lost = false
    // as after a failover, of which the lease has not heard yet
    const read: typeof kept.read = async function* (query, options) {
      for await (const page of kept.read(query, options))
        yield lost ? page.map((event) => ({ ...event, id: crypto.randomUUID() })) : page
    }
    await using bank = annals({ store: overriding(kept, { read }), background: [Fussy] })
    await bank.start()
    await deposited(bank, 'a')
    await bank.caughtUp()
    const [first] = await parked(bank)
    failing.clear()
    lost = true
    await expect(parkedDetails(bank, first as ParkedEvent)).rejects.toThrow('not at position 1')
    expect(await retry(bank, first as ParkedEvent)).toBe(true)
    await eventually(() => parked(bank)).toEqual([])
    expect(tried).toEqual(['a1'])
  })

  test('whatever a handler throws is told, as far as a database can keep it', async () => {
    await using place = await at()
    const thrown: unknown[] = [
      'a text',
      undefined,
      null,
      new Error('half \ud800 and NUL \0 and ' + 'x'.repeat(3_000)),
      { some: 'thing' },
      Object.create(null),
    ]
    const Throwing = subscription('throwing', AccountEvents, {
      retry: { attempts: 1 },
      MoneyDeposited: ({ position }) => {
        throw thrown[position - 1] // oxlint-disable-line typescript/only-throw-error
      },
    })
    await using bank = annals({ store: place.open(), background: [Throwing] })
    await deposited(bank, 'a', 'b', 'c', 'd', 'e', 'f')
    await bank.start()
    await bank.caughtUp()
    const errors = (await parked(bank)).map(({ error }) => error)
    expect(errors).toEqual([
      'a text',
      'undefined',
      'null',
      expect.stringMatching(/^Error: half \ufffd and NUL \\0 and x{100,}$/),
      '[object Object]',
      expect.any(String),
    ])
    expect(errors[3]?.length).toBeLessThanOrEqual(2_001)
  })

  test('what is parked shows in the status', async () => {
    await using place = await at()
    const { Fussy } = fussy({ retry: { attempts: 1 } }, 'b', 'c')
    await using bank = annals({ store: place.open(), background: [Fussy] })
    await bank.start()
    await deposited(bank, 'b', 'b', 'c', 'a')
    await bank.caughtUp()
    const [first] = await parked(bank)
    expect((await status(bank)).processors).toMatchObject([
      { name: 'fussy', position: 4, lag: 0, parked: { events: 3, stuck: 2, oldest: first?.at } },
    ])
  })
})

/** In how many milliseconds an event is tried again that failed for the first time. */
async function firstPause(options: RetryOptions): Promise<number> {
  const { Fussy } = fussy({ retry: options }, 'a')
  await using bank = annals({ store: memory(), background: [Fussy] })
  await bank.start()
  await deposited(bank, 'a')
  await bank.caughtUp()
  const [event] = await parked(bank)
  return Number(event?.next) - Number(event?.at)
}

test('an event is tried again after `backoff`, half of which is random', async () => {
  const pauses = await Promise.all(Array.from({ length: 20 }, () => firstPause({ backoff: '30s' })))
  for (const pause of pauses) {
    expect(pause).toBeGreaterThanOrEqual(15_000)
    expect(pause).toBeLessThanOrEqual(30_000)
  }
  expect(new Set(pauses).size).toBeGreaterThan(1)
})

test('an event is tried again after 200 ms, unless told otherwise', async () => {
  const pause = await firstPause({})
  expect(pause).toBeGreaterThanOrEqual(100)
  expect(pause).toBeLessThanOrEqual(200)
})

test('no pause is longer than `max`', async () => {
  const pause = await firstPause({ backoff: '12h', max: '30s' })
  expect(pause).toBeGreaterThanOrEqual(15_000)
  expect(pause).toBeLessThanOrEqual(30_000)
})

test('no pause is longer than a minute, unless told otherwise', async () => {
  expect(await firstPause({ backoff: '12h' })).toBeLessThanOrEqual(60_000)
})

test('an event is tried again when its pause is over, and not when somebody happens to look', async () => {
  const failed = new Set<string>()
  const times: number[] = []
  const Once = subscription('once', AccountEvents, {
    retry: soon,
    MoneyDeposited: ({ id }) => {
      if (failed.has(id)) times.push(performance.now())
      else {
        failed.add(id)
        throw new Error('not at once')
      }
    },
  })
  await using bank = annals({ store: memory(), background: [Once] })
  await bank.start()
  const started = performance.now()
  for (let count = 1; count <= 30; count++) {
    await deposited(bank, 'a')
    await eventually(() => times.length).toBe(count)
  }
  expect(performance.now() - started).toBeLessThan(1_900)
})

test('an event is tried 8 times, unless told otherwise', async () => {
  const { Fussy, tried } = fussy({ retry: { backoff: '1ms', max: '1ms' } }, 'a')
  await using bank = annals({ store: memory(), background: [Fussy] })
  await bank.start()
  await deposited(bank, 'a')
  await eventually(() => parked(bank)).toMatchObject([{ attempts: 8, next: undefined }])
  expect(tried.length).toBe(8)
})

test('an event whose queue cannot be told is not passed, and the status says so', async () => {
  const Odd = subscription('odd', AccountEvents, {
    retry: { attempts: 1 },
    by: () => undefined as unknown as string,
    MoneyDeposited: () => undefined,
  })
  await using bank = annals({ store: memory(), background: [Odd] })
  await bank.start()
  await deposited(bank, 'a')
  await expect
    .poll(async () => (await status(bank)).processors[0])
    .toMatchObject({
      state: 'failed',
      position: 0,
      error: expect.stringContaining('by gave undefined') as string,
    })
  expect(await parked(bank)).toEqual([])
})

test('many events that fail at once hold up none of the others', async () => {
  const Ledger = aggregate('account', fold(AccountEvents, { initial: {} }), {
    deposit: (_, times: number) =>
      Array.from({ length: times }, () => AccountEvents.MoneyDeposited({ amount: 1 })),
  })
  const failing = new Set(Array.from({ length: 300 }, (_, index) => `poor ${index}`))
  const { Fussy, seen } = fussy({ retry: { attempts: 1 } }, ...failing)
  await using bank = annals({ store: memory(), background: [Fussy] })
  for (const id of failing) await bank.open(Ledger, id).deposit(2)
  await bank.open(Ledger, 'rich').deposit(2)
  await bank.start()
  await bank.caughtUp()
  expect(seen).toEqual(['rich1', 'rich2'])
  expect(await parked(bank, { limit: 1_000 })).toHaveLength(600)
})
