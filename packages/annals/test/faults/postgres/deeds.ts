import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import type { StoredEvent, StreamName } from '../../../src/store/store.ts'
import {
  acknowledged,
  below,
  endedWith,
  Interrupted,
  isPassing,
  now,
  type Caller,
  type Deed,
} from './caller.ts'
import { readToDecide } from './deciding.ts'
import { appendOf, draft, fact } from './place.ts'

const hotStreams = 8

/** What callers do, by its name. */
export const deeds: Readonly<Record<string, Deed>> = {
  'create a stream': (caller) => {
    const stream = newStream(caller)
    const drafts = Array.from({ length: 1 + below(3) }, () => draft(stream))
    return caller.append({
      ...appendOf(...drafts),
      guard: { streams: [{ ...stream, version: 'none' }] },
    })
  },
  'add to a hot stream': (caller) => caller.append(appendOf(draft(hotStream()))),
  'add to several streams': (caller) =>
    caller.append(appendOf(draft(hotStream()), draft(newStream(caller)), draft(hotStream()))),
  'guard another stream': guardAnotherStream,
  decide,
  'append in a transaction': appendInTransaction,
}

// the version is that of some moment: often another append came first
async function guardAnotherStream(caller: Caller): Promise<void> {
  const guarded = hotStream()
  const last = caller.means.store.read(
    { tenant: '', filters: [guarded] },
    { backwards: true, limit: 1 },
  )
  let version = 0
  for await (const [event] of last) version = event?.version ?? 0
  await caller.append({
    ...appendOf(draft(newStream(caller))),
    guard: { streams: [{ ...guarded, version }] },
  })
}

async function decide(caller: Caller): Promise<void> {
  const { store, mostOfTag } = caller.means
  // few at a time, and others soon, so that many want the same
  const filter = { tags: [`seat:${Math.floor(now() / 100_000) * 4 + below(4)}`] }
  const { positions, guard } = await readToDecide(store, filter)
  if (positions.length < mostOfTag) await caller.append({ ...appendOf(fact(filter.tags)), guard })
}

/** Appends twice in a transaction that takes its time; one in ten is rolled back. */
async function appendInTransaction(caller: Caller): Promise<void> {
  const { pool, schema } = caller.means
  const client = await own(() => pool.connect())
  let broken = true
  try {
    await own(() => client.query('begin isolation level read committed'))
    // it has written before, and so has a transaction id that is older than those of many others
    await own(() => client.query(`insert into "${schema}".notes values ('${caller.name}')`))
    await delay(below(10))
    broken = !(await appendWithin(caller, client))
  } finally {
    client.release(broken)
  }
}

/** Whether the connection can be used again. */
async function appendWithin(caller: Caller, client: pg.PoolClient): Promise<boolean> {
  const drafts = [draft(newStream(caller)), draft(hotStream())]
  const end = await caller.begin(drafts)
  const stored: StoredEvent[] = []
  try {
    for (const each of drafts) {
      stored.push(...(await caller.means.store.append(appendOf(each), { tx: client })).events)
      await delay(below(10))
    }
  } catch (error) {
    // nothing is ever committed
    await end(endedWith(error, isPassing(error) ? 'refused' : 'failed'))
    return false
  }
  const rollsBack = below(10) === 0
  try {
    await client.query(rollsBack ? 'rollback' : 'commit')
    await end(rollsBack ? endedWith('rolled back', 'refused') : acknowledged(stored))
    return true
  } catch (error) {
    await end(endedWith(error, rollsBack ? 'refused' : 'unknown'))
    return false
  }
}

async function own<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw new Interrupted(String(error), { cause: error })
  }
}

function newStream(caller: Caller): StreamName {
  return { category: 'new', id: caller.newId() }
}

function hotStream(): StreamName {
  return { category: 'hot', id: String(below(hotStreams)) }
}
