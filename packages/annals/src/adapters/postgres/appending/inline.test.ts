import pg from 'pg'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { notingPool } from '../../../../test/noting-pool.ts'
import { newSchema, serverUrl } from '../../../../test/postgres-place.ts'
import type { Inline, Own, ProcessorKind } from '../../../store/ledger.ts'
import type { Draft, EventStore } from '../../../store/store.ts'
import {
  cart,
  draft,
  drafts,
  everything,
  tenant,
} from '../../../testing/contracts/store/vocabulary.ts'
import { appendInline, complete, inlineOf } from '../../../testing/contracts/ledger/tally.ts'
import { carts, view } from '../../../testing/contracts/ledger/vocabulary.ts'
import { postgres } from '../index.ts'
import type { ProjectionTransaction } from '../projecting/transaction.ts'

const pool = new pg.Pool({ connectionString: serverUrl, max: 20 })
const revenue = { name: 'revenue', version: '2' }
let schema: string
let sent: string[]
let store: EventStore

beforeEach(async () => {
  schema = newSchema()
  store = postgres(
    notingPool(pool, (text) => sent.push(text)),
    { schema },
  )
  sent = []
  await store.settled()
})

afterEach(async () => {
  await store.close()
  await pool.query(`drop schema "${schema}" cascade`)
})

afterAll(() => pool.end())

/** Makes models inline, and forgets what was sent for it. */
async function inlined(...models: readonly { name: string; version: string }[]): Promise<void> {
  const kinds: Record<string, ProcessorKind> = { revenue: 'projection' }
  await store.ledger.register(
    models.map(({ name, version }) => {
      const { fields, ...registration } = view({ name, version, inline: true })
      const kind = kinds[name] ?? 'view'
      if (kind === 'view') return { ...registration, kind, fields: fields ?? 0 }
      return {
        ...registration,
        kind,
        setup: ({ tx, table }: Own) =>
          query(tx, `create table ${table('revenue')} (id text primary key)`),
      }
    }),
  )
  await store.settled()
  sent = []
}

function query(tx: unknown, text: string, values?: readonly unknown[]) {
  return (tx as ProjectionTransaction).query(text, values)
}

/** Appends what a projection of ids writes, too. */
function projected(events: readonly Draft[], run: Inline['own'][number]['run'] = writesIds) {
  const inline = { models: [revenue], documents: [], change: () => [], own: [{ model: 0, run }] }
  return store.append({ tenant, drafts: events, inline })
}

const writesIds: Inline['own'][number]['run'] = async (events, { tx, table }) => {
  for (const { id } of events) await query(tx, `insert into ${table('revenue')} values ($1)`, [id])
}

async function idsOfRevenue(): Promise<readonly string[]> {
  const { rows } = await pool.query<{ id: string }>(`select id from "${schema}".revenue_v2`)
  return rows.map(({ id }) => id).toSorted()
}

/** The first words of what was sent, without what followers ask. */
function steps(): readonly string[] {
  return sent
    .map(
      (text) => /^(begin|commit|rollback|insert|with|select)|append_events?/.exec(text)?.[0] ?? '',
    )
    .map((step, index) =>
      (/append_events?\(/.exec(sent[index] ?? '')?.[0] ?? step).replace('(', ''),
    )
    .filter((step) => step !== 'select')
}

test('appends at once that change documents share a transaction of four steps', async () => {
  await inlined(carts)
  await Promise.all(
    Array.from({ length: 8 }, (_, id) => appendInline(store, drafts(cart(`${id}`), 2))),
  )
  expect(steps()).toEqual(['begin', 'append_events', 'insert', 'commit'])
  await complete(store)
})

test('documents of several views are written in one statement', async () => {
  const second = { ...carts, version: '2' }
  await inlined(carts, second)
  await appendInline(store, [draft(cart('1'))], [carts, second])
  expect(steps()).toEqual(['begin', 'append_events', 'with', 'commit'])
  await complete(store)
  await complete(store, second)
})

test('an append that changes no document is one statement, whatever its process keeps inline', async () => {
  await inlined(carts)
  const inline = { ...inlineOf([]), models: [carts] }
  await store.append({ tenant, drafts: [draft(cart('1'))], inline })
  await store.append({ tenant, drafts: drafts(cart('1'), 2), inline })
  expect(steps()).toEqual(['append_event', 'append_events'])
  const [standing] = await store.ledger.overview([carts])
  expect(standing?.mode).toBe('inline')
})

test('an append whose model follows in the store writes no document', async () => {
  await store.ledger.register([view()])
  sent = []
  await appendInline(store, [draft(cart('1'))])
  expect(steps()).toEqual(['begin', 'append_events', 'commit'])
})

test('appends to one document go together, and wait for each other in no lane', async () => {
  await inlined(carts)
  const appends = Array.from({ length: 100 }, (_, id) => draft(cart(`${id}`), { tags: ['all'] }))
  await Promise.all(appends.map((event) => appendInline(store, [event])))
  expect(steps().filter((step) => step === 'append_events').length).toBeLessThan(10)
  await complete(store)
})

test('an append that changes more documents than it may lock holds off the others', async () => {
  await inlined(carts)
  const tags = Array.from({ length: 300 }, (_, seat) => `seat:${seat}`)
  await Promise.all([
    appendInline(store, [draft(cart('1'), { tags })]),
    ...tags
      .slice(0, 20)
      .map((tag, id) => appendInline(store, [draft(cart(`c${id}`), { tags: [tag] })])),
  ])
  await complete(store)
})

test.each(['connection lost', 'timeout'])(
  'an append is refused with what its change throws: %s',
  async (words) => {
    await inlined(carts)
    const event = draft(cart('1'))
    const failure = new Error(words)
    let calls = 0
    const change = () => {
      calls++
      throw failure
    }
    const inline = { ...inlineOf([event]), change }
    await expect(store.append({ tenant, drafts: [event], inline })).rejects.toBe(failure)
    expect(calls).toBe(1)
    expect(await everything(store)).toEqual([])
  },
)

test('a projection that is inline writes in the transaction of its append, which has it to itself', async () => {
  await inlined(revenue)
  const [one, two] = [draft(cart('1')), draft(cart('2'))]
  await Promise.all([projected([one]), projected([two])])
  const each = ['begin', 'append_events', 'insert', 'commit']
  expect(steps().toSorted()).toEqual([...each, ...each].toSorted())
  expect(await idsOfRevenue()).toEqual([one.id, two.id].toSorted())
})

test('what a projection throws refuses its append, and takes back what it wrote', async () => {
  await inlined(revenue)
  const failure = new Error('connection lost')
  const others = Array.from({ length: 5 }, (_, id) => draft(cart(`${id}`)))
  const failing = projected([draft(cart('failing'))], async (events, own) => {
    await writesIds(events, own)
    throw failure
  })
  const appended = Promise.all(others.map((event) => projected([event])))
  await expect(failing).rejects.toBe(failure)
  await appended
  expect(await idsOfRevenue()).toEqual(others.map(({ id }) => id).toSorted())
  expect(await everything(store)).toHaveLength(5)
})

test('a projection that deadlocks is run again', async () => {
  await inlined(revenue)
  const deadlock = Object.assign(new Error('deadlock detected'), { code: '40P01' })
  const event = draft(cart('1'))
  let calls = 0
  await projected([event], async (events, own) => {
    calls++
    if (calls === 1)
      await query(
        own.tx,
        `do $$ begin raise exception 'deadlock' using errcode = '${deadlock.code}'; end $$`,
      )
    await writesIds(events, own)
  })
  expect(calls).toBe(2)
  expect(await idsOfRevenue()).toEqual([event.id])
})

test('a projection that follows in the store is not run by appends', async () => {
  await inlined(revenue)
  await store.append({ tenant, drafts: [draft(cart('1'))] })
  await projected([draft(cart('2'))], () => {
    throw new Error('it was run')
  })
  expect(await idsOfRevenue()).toEqual([])
})

test('a projection writes in the transaction of the caller', async () => {
  await inlined(revenue)
  const inline = {
    models: [revenue],
    documents: [],
    change: () => [],
    own: [{ model: 0, run: writesIds }],
  }
  const client = await pool.connect()
  const event = draft(cart('1'))
  try {
    await client.query('begin')
    await (store as ReturnType<typeof postgres>).append(
      { tenant, drafts: [event], inline },
      { tx: client },
    )
    expect(await idsOfRevenue()).toEqual([])
    await client.query('commit')
  } finally {
    client.release(true)
  }
  expect(await idsOfRevenue()).toEqual([event.id])
})
