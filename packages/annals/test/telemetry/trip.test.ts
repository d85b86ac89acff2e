import { SpanKind, trace } from '@opentelemetry/api'
import {
  AlwaysOffSampler,
  ParentBasedSampler,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base'
import { aggregate, annals, events, fold, subscription, view, type App, type Event } from 'annals'
import { traced } from 'annals/opentelemetry'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Account, AccountEvents, AccountState } from '../domain/bank.ts'
import { PostgreSQL, SQLite, totals } from '../following/projecting.ts'
import { inMemory, stores } from '../following/stores.ts'
import { eventually } from '../following/waiting.ts'
import { collecting, type Collected } from './instruments.ts'

// From a command to the last projection, read from an exporter: which spans there are, and how they hang together.

const ReceiptEvents = events({ ReceiptSent: z.object({ amount: z.number() }) })
const Receipt = aggregate('receipt', fold(ReceiptEvents, { initial: {} }), {
  send: (_, amount: number) => ReceiptEvents.ReceiptSent({ amount }),
})
const Sent = fold(ReceiptEvents, {
  initial: { sent: 0 },
  ReceiptSent: ({ sent }) => ({ sent: sent + 1 }),
})

const Balances = view('balances', AccountState)
const Receipts = view('receipts-sent', Sent)
const Sending = subscription('sending', AccountEvents, {
  MoneyDeposited: ({ id, data }, { app }) => app.open(Receipt, id).send(data.amount),
})

const given = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

/** Runs everything until nothing is left to handle, and every span has ended. */
async function settled(bank: App, { spans }: Collected, handled: readonly string[]): Promise<void> {
  await bank.start()
  await bank.caughtUp()
  await eventually(() => spans().map(({ name }) => name)).toEqual(
    expect.arrayContaining(handled.map((name) => `handle ${name}`)),
  )
}

function isPartOf(child: ReadableSpan, parent: ReadableSpan): void {
  expect(child.parentSpanContext?.spanId, `${child.name} is in ${parent.name}`).toBe(
    parent.spanContext().spanId,
  )
  expect(child.spanContext().traceId).toBe(parent.spanContext().traceId)
}

function linksOf({ links }: ReadableSpan): readonly string[] {
  return links.map(({ context: { spanId } }) => spanId)
}

async function recorded(bank: App, category: string): Promise<readonly Event[]> {
  return Array.fromAsync(bank.read({ ...AccountEvents, ...ReceiptEvents }, { category }))
}

describe.each(stores)('on $name', ({ at }) => {
  test('a command, what a subscription makes of it, and the last view are one trace', async () => {
    await using place = await at()
    const collected = collecting()
    const store = traced(place.open(), collected.options)
    await using bank = annals({ store, background: [Balances, Sending, Receipts] })
    await bank.start()
    await bank.with({ tenant: 'acme' }).open(Account, 'a').deposit({ amount: 5 })
    await settled(bank, collected, ['balances', 'sending', 'receipts-sent'])

    const command = collected.span('account.deposit')
    const sending = collected.span('handle sending')
    const receipt = collected.span('receipt.send')
    const balances = collected.span('handle balances')
    const receipts = collected.span('handle receipts-sent')
    const appends = collected.spans().filter(({ name }) => name === 'append')
    expect(command.parentSpanContext).toBeUndefined()
    expect(appends).toHaveLength(2)
    isPartOf(appends[0] as ReadableSpan, command)
    isPartOf(sending, command)
    isPartOf(receipt, sending)
    isPartOf(appends[1] as ReadableSpan, receipt)
    isPartOf(balances, command)
    isPartOf(receipts, receipt)
    expect(linksOf(balances)).toEqual([command.spanContext().spanId])
    expect(linksOf(receipts)).toEqual([receipt.spanContext().spanId])
    expect(new Set(collected.spans().map((span) => span.spanContext().traceId)).size).toBe(1)
  })
})

test('spans tell who, what and where, and never what is in an event', async () => {
  await using place = await inMemory()
  const collected = collecting()
  const store = traced(place.open(), { ...collected.options, name: 'ledger' })
  await using bank = annals({ store, inline: [Balances], background: [Sending] })
  await bank.with({ tenant: 'acme', actor: 'ann' }).open(Account, 'a').deposit({ amount: 4711 })
  await settled(bank, collected, ['sending'])
  const [deposited] = await recorded(bank.with({ tenant: 'acme' }), 'account')

  const common = {
    'annals.store.name': 'ledger',
    'annals.outcome': 'done',
    'annals.tenant': 'acme',
  }
  const stream = { 'annals.stream.category': 'account', 'annals.stream.id': 'a' }
  const command = collected.span('account.deposit')
  expect(command.kind).toBe(SpanKind.INTERNAL)
  expect(command.attributes).toEqual({
    ...common,
    ...stream,
    'annals.command.name': 'account.deposit',
  })
  const append = collected.spans().find(({ name }) => name === 'append')
  expect(append?.kind).toBe(SpanKind.CLIENT)
  expect(append?.attributes).toEqual({
    ...common,
    ...stream,
    'messaging.system': 'annals',
    'messaging.operation.type': 'send',
    'messaging.operation.name': 'append',
    'messaging.destination.name': 'account',
    'messaging.batch.message_count': 1,
    'annals.event.types': ['MoneyDeposited'],
    'annals.append.inline': ['balances'],
  })
  const sending = collected.span('handle sending')
  expect(sending.kind).toBe(SpanKind.CONSUMER)
  expect(sending.attributes).toEqual({
    ...common,
    ...stream,
    'messaging.system': 'annals',
    'messaging.operation.type': 'process',
    'messaging.operation.name': 'handle',
    'messaging.consumer.group.name': 'sending',
    'messaging.destination.name': 'account',
    'messaging.message.id': deposited?.id,
    'annals.event.types': ['MoneyDeposited'],
    'annals.event.position': deposited?.position,
    'annals.processor.name': 'sending',
    'annals.processor.version': '1',
    'annals.processor.kind': 'subscription',
  })
  const told = JSON.stringify(
    collected.spans().map(({ attributes, events: all }) => [attributes, all]),
  )
  expect(told).not.toMatch(/4711|"ann"/)
})

test('the trace context of a caller is the parent of his command, whose own is recorded', async () => {
  await using place = await inMemory()
  const collected = collecting()
  await using bank = annals({ store: traced(place.open(), collected.options) })
  await bank.with({ traceparent: given }).open(Account, 'a').deposit({ amount: 5 })

  const command = collected.span('account.deposit')
  expect(command.parentSpanContext?.spanId).toBe('b7ad6b7169203331')
  const { traceId, spanId } = command.spanContext()
  expect(traceId).toBe('0af7651916cd43dd8448eb211c80319c')
  const [deposited] = await recorded(bank, 'account')
  expect(deposited?.metadata.traceparent).toBe(`00-${traceId}-${spanId}-01`)
})

test('a command is a part of the span that it is sent in', async () => {
  await using place = await inMemory()
  const collected = collecting()
  await using bank = annals({ store: traced(place.open(), collected.options) })
  const tracer = collected.options.tracerProvider.getTracer('test')
  await tracer.startActiveSpan('request', async (span) => {
    await bank.open(Account, 'a').deposit({ amount: 5 })
    span.end()
  })
  isPartOf(collected.span('account.deposit'), collected.span('request'))
})

test('decisions and units of work have spans of their own', async () => {
  await using place = await inMemory()
  const collected = collecting()
  await using bank = annals({ store: traced(place.open(), collected.options) })
  await bank.together(async (both) => {
    await both.open(Account, 'a').deposit({ amount: 5 })
    await both.open(Account, 'b').deposit({ amount: 5 })
  })
  const [together, append] = [collected.span('together'), collected.span('append')]
  isPartOf(append, together)
  expect(append.attributes).toMatchObject({ 'messaging.batch.message_count': 2 })
  expect(append.attributes).not.toHaveProperty('annals.stream.id')
})

test('a trace that is not kept is not kept anywhere', async () => {
  await using place = await inMemory()
  const collected = collecting(new ParentBasedSampler({ root: new AlwaysOffSampler() }))
  const store = traced(place.open(), collected.options)
  await using bank = annals({ store, background: [Balances, Sending, Receipts] })
  await bank.open(Account, 'a').deposit({ amount: 5 })
  await bank.start()
  await bank.caughtUp()
  expect(collected.spans()).toEqual([])
  const [deposited] = await recorded(bank, 'account')
  expect(deposited?.metadata.traceparent).toMatch(/-00$/)
})

test('a page is in the sample where one of its events is, and is linked to all', async () => {
  await using place = await inMemory()
  const collected = collecting(new ParentBasedSampler({ root: new AlwaysOffSampler() }))
  await using bank = annals({
    store: traced(place.open(), collected.options),
    background: [Balances],
  })
  await bank.count(Balances) // registered, and run by nobody yet
  await bank.open(Account, 'a').deposit({ amount: 5 })
  await bank.with({ traceparent: given }).open(Account, 'b').deposit({ amount: 5 })
  await bank.with({ traceparent: given }).open(Account, 'c').deposit({ amount: 5 })
  await settled(bank, collected, ['balances'])
  const page = collected.span('handle balances')
  const [, first, second] = (await recorded(bank, 'account')).map(
    ({ metadata }) => metadata.traceparent,
  )
  expect(page.parentSpanContext?.spanId).toBe(first?.slice(36, 52))
  expect(linksOf(page)).toHaveLength(3)
  expect(linksOf(page)).toContain(second?.slice(36, 52))
  expect(page.attributes).toMatchObject({ 'messaging.batch.message_count': 3 })
})

test('a page is linked to 128 spans at the most', async () => {
  await using place = await inMemory()
  const collected = collecting()
  await using bank = annals({
    store: traced(place.open(), collected.options),
    background: [Balances],
  })
  await bank.count(Balances) // registered, and run by nobody yet
  for (let n = 0; n < 130; n++) await bank.open(Account, `a-${n}`).deposit({ amount: 5 })
  await settled(bank, collected, ['balances'])
  const page = collected.span('handle balances')
  expect(page.attributes).toMatchObject({ 'messaging.batch.message_count': 130 })
  expect(page.links).toHaveLength(128)
  expect(page.droppedLinksCount).toBe(0)
})

test('events that were recorded without a trace are handled as others are', async () => {
  await using place = await inMemory()
  await using before = annals({ store: place.open(), background: [Balances, Sending] })
  await before.count(Balances) // registered, and run by nobody yet
  await before.open(Account, 'a').deposit({ amount: 5 })
  await before
    .with({ traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01` })
    .open(Account, 'a')
    .deposit({ amount: 5 })
  const collected = collecting()
  const store = traced(place.open(), collected.options)
  await using bank = annals({ store, background: [Balances, Sending] })
  await settled(bank, collected, ['balances', 'sending'])
  const page = collected.span('handle balances')
  expect(page.parentSpanContext).toBeUndefined()
  expect(page.links).toEqual([])
  expect(await bank.find(Balances, 'a')).toMatchObject({ balance: 10 })
})

test('a version that is being built has a trace of its own, which is linked', async () => {
  await using place = await inMemory()
  const collected = collecting()
  const store = traced(place.open(), collected.options)
  await using bank = annals({ store, background: [Balances] })
  await bank.open(Account, 'a').deposit({ amount: 5 })
  await bank.start()
  await bank.caughtUp()
  await eventually(() => collected.spans().map(({ name }) => name)).toContain('rebuild balances')
  const [command, page] = [collected.span('account.deposit'), collected.span('rebuild balances')]
  expect(page.parentSpanContext).toBeUndefined()
  expect(page.spanContext().traceId).not.toBe(command.spanContext().traceId)
  expect(linksOf(page)).toEqual([command.spanContext().spanId])
  expect(page.attributes).toMatchObject({
    'messaging.operation.name': 'rebuild',
    'messaging.batch.message_count': 1,
    'annals.processor.name': 'balances',
  })
  // once it has caught up, it handles like any other
  await bank.open(Account, 'a').deposit({ amount: 5 })
  await bank.caughtUp()
  await eventually(() => collected.spans().map(({ name }) => name)).toContain('handle balances')
})

test('an append that nobody traces begins no trace', async () => {
  await using place = await inMemory()
  const collected = collecting()
  const store = traced(place.open(), collected.options)
  const draft = {
    id: crypto.randomUUID(),
    stream: { category: 'c', id: '1' },
    type: 'E',
    schemaVersion: 1,
    data: '{}',
    metadata: '{}',
    tags: [],
  }
  await store.append({ tenant: '', drafts: [draft] })
  expect(collected.spans()).toEqual([])
  expect(await collected.points('annals.append.duration')).toMatchObject([{ value: { count: 1 } }])
})

test('what handlers do is in the span of their event', async () => {
  await using place = await inMemory()
  const collected = collecting()
  const seen: (string | undefined)[] = []
  const Noting = subscription('noting', AccountEvents, {
    MoneyDeposited: () => void seen.push(trace.getActiveSpan()?.spanContext().spanId),
  })
  await using bank = annals({
    store: traced(place.open(), collected.options),
    background: [Noting],
  })
  await bank.open(Account, 'a').deposit({ amount: 5 })
  await settled(bank, collected, ['noting'])
  expect(seen).toEqual([collected.span('handle noting').spanContext().spanId])
})

describe.each([SQLite, PostgreSQL])('a projection on $name', ({ at, projection }) => {
  test('is handled in a span that is linked to the command', async () => {
    await using place = await at()
    const collected = collecting()
    const Totals = projection(totals)
    await using bank = annals({
      store: traced(place.open(), collected.options),
      background: [Totals],
    })
    await bank.start()
    await bank.open(Account, 'a').deposit({ amount: 5 })
    await settled(bank, collected, [Totals.name])
    const command = collected.span('account.deposit')
    expect(linksOf(collected.span(`handle ${Totals.name}`))).toEqual([command.spanContext().spanId])
  })
})
