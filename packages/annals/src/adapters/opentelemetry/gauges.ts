import { diag, type Attributes, type BatchObservableResult, type Meter } from '@opentelemetry/api'
import { AnnalsError } from '../../core/errors.ts'
import type { Overview } from '../../store/ledger.ts'
import { shared } from '../../store/shared.ts'
import type { EventStore, Position, Watermark } from '../../store/store.ts'

interface Look {
  readonly watermark: Watermark
  readonly overviews: readonly Overview[]
}

/** Measures how the store and its processors stand, each time that metrics are collected; `common` goes along with everything. */
export function measureStanding(
  store: Pick<EventStore, 'watermark' | 'ledger'>,
  meter: Meter,
  common: Attributes,
): void {
  const gauge = (name: string, unit: string, description: string) =>
    meter.createObservableGauge(name, { description, unit })
  const lag = gauge(
    'annals.processor.lag',
    '{position}',
    'How many positions a processor is behind the head of the log',
  )
  const parked = gauge(
    'annals.processor.parked',
    '{event}',
    'Events that are parked, with those that wait behind others',
  )
  const stuck = gauge(
    'annals.processor.stuck',
    '{queue}',
    'Queues that stand until somebody retries or discards their first event',
  )
  const delay = gauge(
    'annals.watermark.delay',
    's',
    'For how long the transaction is open that holds the settled position back',
  )
  const distance = gauge(
    'annals.watermark.distance',
    '{position}',
    'How many positions the settled one is behind the head of the log',
  )
  const all = [lag, parked, stuck, delay, distance]
  // however many collect at a time, the store is asked once
  const look = shared(async (): Promise<Look> => {
    const watermark = await store.watermark()
    return { watermark, overviews: await store.ledger.overview() }
  })
  const observe = async (result: BatchObservableResult) => {
    try {
      const { watermark, overviews } = await look()
      const { position, head, holders } = watermark
      result.observe(distance, Math.max(0, head - position), common)
      result.observe(delay, position < head ? (holders[0]?.seconds ?? 0) : 0, common)
      for (const overview of overviews) {
        const attributes = { ...common, ...attributesOf(overview) }
        result.observe(lag, lagOf(overview, head), attributes)
        result.observe(parked, overview.parked, attributes)
        result.observe(stuck, overview.stuck, attributes)
      }
    } catch (error) {
      // what else is collected goes on, and a closed store has nothing to tell any more
      if (error instanceof AnnalsError && error.code === 'ANNALS_CLOSED')
        meter.removeBatchObservableCallback(observe, all)
      else diag.warn('annals: the store could not be asked how it stands', error)
    }
  }
  meter.addBatchObservableCallback(observe, all)
}

function attributesOf({ kind, name, version }: Overview): Attributes {
  return {
    'annals.processor.name': name,
    'annals.processor.version': version,
    'annals.processor.kind': kind,
  }
}

function lagOf({ mode, slices }: Overview, head: Position): number {
  if (mode === 'inline') return 0
  return Math.max(0, head - Math.min(head, ...slices.map(({ position }) => position)))
}
