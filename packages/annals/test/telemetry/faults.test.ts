import { diag, DiagLogLevel, SpanStatusCode, type DiagLogger } from '@opentelemetry/api'
import {
  annals,
  memory,
  MisuseError,
  observed,
  type EventStore,
  type Observer,
  type Operation,
} from 'annals'
import { traced } from 'annals/opentelemetry'
import { postgres } from 'annals/postgres'
import { sqlite, type SqliteDatabase } from 'annals/sqlite'
import { afterEach, describe, expect, expectTypeOf, test } from 'vitest'
import type { PostgresTransaction } from '../../src/adapters/postgres/index.ts'
import { Account } from '../domain/bank.ts'
import { overriding } from '../following/stores.ts'
import { collecting } from './instruments.ts'

// What goes wrong: with the work, which spans tell, and with telemetry, which the work must not notice.

afterEach(() => diag.disable())

/** What is told to those who look after telemetry. */
function listening(): readonly string[] {
  const heard: string[] = []
  const note = (message: string) => void heard.push(message)
  const logger: DiagLogger = { error: note, warn: note, info: note, debug: note, verbose: note }
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
  return heard
}

function failingStore(error: unknown): EventStore {
  return overriding(memory(), {
    append: async () => {
      throw error
    },
  })
}

describe('an error', () => {
  test('is told by its kind, and not by its message', async () => {
    const collected = collecting()
    const failure = new Error('', { cause: new TypeError('the balance of ann is 4711') })
    await using bank = annals({ store: traced(failingStore(failure), collected.options) })
    await expect(bank.open(Account, 'a').deposit({ amount: 5 })).rejects.toBe(failure)
    for (const name of ['account.deposit', 'append']) {
      const span = collected.span(name)
      expect(span.status).toEqual({ code: SpanStatusCode.ERROR })
      expect(span.attributes).toMatchObject({
        'annals.outcome': 'failed',
        'error.type': 'TypeError',
      })
      expect(span.events).toEqual([])
    }
  })

  test('is told with its message where that is asked for', async () => {
    const collected = collecting()
    const failure = new Error('', { cause: new TypeError('the balance of ann is 4711') })
    const options = { ...collected.options, errorMessages: true }
    await using bank = annals({ store: traced(failingStore(failure), options) })
    await expect(bank.open(Account, 'a').deposit({ amount: 5 })).rejects.toBe(failure)
    const { status, events } = collected.span('append')
    expect(status.message).toBe('the balance of ann is 4711')
    expect(events).toMatchObject([
      { name: 'exception', attributes: { 'exception.type': 'TypeError' } },
    ])
  })

  test('that is an answer is none of the system', async () => {
    const collected = collecting()
    await using bank = annals({ store: traced(memory(), collected.options) })
    await expect(bank.open(Account, 'a').withdraw({ amount: 5 })).rejects.toThrow('insufficient')
    await expect(bank.open(Account, 'a', { version: 7 }).deposit({ amount: 5 })).rejects.toThrow(
      'version',
    )
    const [rejected, conflict] = collected.spans()
    expect(rejected?.status).toEqual({ code: SpanStatusCode.UNSET })
    expect(rejected?.attributes).toMatchObject({ 'annals.outcome': 'rejected' })
    expect(rejected?.attributes).not.toHaveProperty('error.type')
    expect(conflict?.status).toEqual({ code: SpanStatusCode.UNSET })
    expect(conflict?.attributes).toMatchObject({
      'annals.outcome': 'conflict',
      'error.type': 'ANNALS_CONFLICT',
    })
  })
})

describe('telemetry that fails is in nobody’s way', () => {
  const broken = () => {
    throw new Error('the backend is broken')
  }

  test('where spans are begun', async () => {
    const heard = listening()
    const { options } = collecting()
    const tracerProvider = { getTracer: () => ({ startSpan: broken, startActiveSpan: broken }) }
    await using bank = annals({ store: traced(memory(), { ...options, tracerProvider }) })
    expect(await bank.open(Account, 'a').deposit({ amount: 5 })).toMatchObject({ version: 1 })
    expect(heard).toContain('annals: telemetry failed')
  })

  test('where they end, and where metrics are recorded', async () => {
    const heard = listening()
    const { options } = collecting()
    const meter = options.meterProvider.getMeter('annals')
    const counter = { add: broken }
    const meterProvider = {
      getMeter: () =>
        overriding(meter, {
          createHistogram: () => ({ record: broken }),
          createCounter: () => counter,
        }),
    }
    await using bank = annals({ store: traced(memory(), { ...options, meterProvider }) })
    expect(await bank.open(Account, 'a').deposit({ amount: 5 })).toMatchObject({ version: 1 })
    await expect(bank.open(Account, 'a').withdraw({ amount: 9 })).rejects.toThrow('insufficient')
    expect(heard.length).toBeGreaterThanOrEqual(3)
  })

  test('where nobody has set up an SDK', async () => {
    await using bank = annals({ store: traced(memory()) })
    const { events } = await bank.open(Account, 'a').deposit({ amount: 5 })
    expect(events[0]?.metadata).not.toHaveProperty('traceparent')
  })
})

describe('a store that does not answer', () => {
  test('hides only how it stands from those who collect', async () => {
    const heard = listening()
    const collected = collecting()
    const store = overriding<EventStore>(memory(), {
      watermark: async () => Promise.reject(new Error('gone')),
    })
    await using bank = annals({ store: traced(store, collected.options) })
    await bank.open(Account, 'a').deposit({ amount: 5 })
    expect(await collected.points('annals.watermark.distance')).toEqual([])
    expect(await collected.points('annals.append.duration')).toHaveLength(1)
    expect(heard).toContain('annals: the store could not be asked how it stands')
  })

  test('is asked once at a time', async () => {
    const collected = collecting()
    const plain = memory()
    const { promise, resolve } = Promise.withResolvers<undefined>()
    let asked = 0
    let atATime = 0
    let most = 0
    const store = overriding<EventStore>(plain, {
      watermark: async () => {
        asked++
        most = Math.max(most, ++atATime)
        await promise
        atATime--
        return plain.watermark()
      },
    })
    traced(store, collected.options)
    const collections = [collected.collect(), collected.collect(), collected.collect()]
    resolve(undefined)
    await Promise.all(collections)
    expect(most).toBe(1)
    expect(asked).toBe(2)
  })

  test('because it is closed, is not asked again', async () => {
    const heard = listening()
    const collected = collecting()
    const plain = memory()
    let asked = 0
    const watermark = () => {
      asked++
      return plain.watermark()
    }
    const store = traced(overriding<EventStore>(plain, { watermark }), collected.options)
    await collected.collect()
    await store.close()
    await collected.collect()
    await collected.collect()
    expect(asked).toBe(2)
    expect(heard).toEqual([])
  })
})

describe('an observer', () => {
  test('is nowhere unless a store is decorated', () => {
    expect(memory()).not.toHaveProperty('observer')
    expect(sqlite(':memory:')).not.toHaveProperty('observer')
    expect(postgres('postgres://127.0.0.1/none')).not.toHaveProperty('observer')
  })

  test('may be anybody', async () => {
    const seen: string[] = []
    const observer: Observer = {
      around: (operation: Operation, work) => {
        seen.push(operation.kind)
        return work({ traceparent: undefined, again: () => undefined })
      },
      noted: ({ kind }) => void seen.push(kind),
    }
    await using bank = annals({ store: observed(sqlite(':memory:'), observer) })
    await bank.open(Account, 'a').deposit({ amount: 5 })
    expect(seen).toEqual(['command', 'append', 'batch'])
  })

  test('is one for each store', () => {
    const store = traced(memory(), collecting().options)
    expect(() => traced(store)).toThrow(MisuseError)
    expect(() => traced(store)).toThrow('the store is observed already; trace it once')
  })

  test('takes no option that nobody reads', () => {
    expect(() => traced(memory(), { sampler: 1 } as object)).toThrow('traced has no option sampler')
  })
})

test('a store that is traced takes the transactions that it took before', () => {
  const never = (..._uses: readonly (() => unknown)[]) => undefined
  never(
    () => expectTypeOf(traced(memory())).toEqualTypeOf<EventStore>(),
    () => expectTypeOf(traced(sqlite('a.db'))).toEqualTypeOf<EventStore<SqliteDatabase>>(),
    () => expectTypeOf(traced(postgres('a'))).toEqualTypeOf<EventStore<PostgresTransaction>>(),
    // @ts-expect-error a memory store has no transactions
    () => annals({ store: traced(memory()) }).with({ tx: {} }),
  )
})
