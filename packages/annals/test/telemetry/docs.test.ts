import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { annals, ConflictError, memory, subscription, type EventStore } from 'annals'
import { traced } from 'annals/opentelemetry'
import { beforeAll, expect, test } from 'vitest'
import { Account, AccountEvents } from '../domain/bank.ts'
import { overriding } from '../following/stores.ts'
import { collecting, type Collected } from './instruments.ts'

// The page, the board and the alerts speak of the metrics that there are, by the names that they have.

const folder = resolve(import.meta.dirname, '../../../../docs/operating')
const page = readFileSync(resolve(folder, 'telemetry.md'), 'utf8')
const board = readFileSync(resolve(folder, 'grafana-board.json'), 'utf8')
const alerts = readFileSync(resolve(folder, 'alerts.yaml'), 'utf8')

/** Every metric as OpenTelemetry has it, with what the page tells of it. */
let metrics: readonly { readonly name: string; readonly unit: string }[] = []
/** What a scrape of Prometheus gives. */
let scraped = ''

beforeAll(async () => {
  const found = await everythingMoved(collecting())
  metrics = found.scopeMetrics.flatMap((scope) => scope.metrics.map(({ descriptor }) => descriptor))
  scraped = new PrometheusSerializer().serialize(found)
})

/** Makes every metric move, and collects them. */
async function everythingMoved({ options, collect }: Collected): Promise<ResourceMetrics> {
  const plain = memory()
  let before = 1
  const store = overriding<EventStore>(plain, {
    append: async (append) => {
      if (before-- > 0) throw new ConflictError('somebody was first')
      return plain.append(append)
    },
    observe: (noted) => {
      noted({ kind: 'batch', appends: 2 })
      noted({ kind: 'busy', appends: 1 })
    },
  })
  const Receipts = subscription('receipts', AccountEvents, { MoneyDeposited: () => undefined })
  await using bank = annals({ store: traced(store, options), background: [Receipts] })
  await bank.open(Account, 'a').deposit({ amount: 5 })
  await expect(bank.open(Account, 'a').withdraw({ amount: 9 })).rejects.toThrow('insufficient')
  await bank.start()
  await bank.caughtUp()
  return await collect()
}

function annalsWords(text: string): ReadonlySet<string> {
  return new Set(text.match(/\bannals_\w+/g))
}

test('every metric is on the page, with its unit, and the page has no other', () => {
  const rows = page.matchAll(/^\| `(annals\.[a-z.]+)` +\| (?:counter|gauge|histogram), (\S+)/gm)
  const told = [...rows].map(([, name, unit]) => ({ name, unit }))
  const real = metrics.map(({ name, unit }) => ({ name, unit }))
  expect(new Set(told)).toEqual(new Set(real))
  expect(told).toHaveLength(real.length)
})

test.each([
  ['board', board],
  ['alerts', alerts],
])('the %s use metrics and labels that there are', (_, text) => {
  const real = annalsWords(scraped)
  const used = [...annalsWords(text)]
  expect(used.length).toBeGreaterThan(5)
  expect(used.filter((name) => !real.has(name))).toEqual([])
})

test('every metric is on the board', () => {
  const used = [...annalsWords(board)]
  const series = metrics.map(({ name }) => name.replaceAll('.', '_'))
  expect(series.filter((name) => !used.some((word) => word.startsWith(name)))).toEqual([])
})

test('every alert is on the page, and the page has no other', () => {
  const defined = [...alerts.matchAll(/alert: (\w+)/g)].map(([, name]) => name)
  const told = [...page.matchAll(/`(Annals[A-Z]\w+)`/g)].map(([, name]) => name)
  expect(new Set(told)).toEqual(new Set(defined))
})
