import { appendOf, draft } from '../place.ts'
import type { Scene, Schedule, Transaction } from './scene.ts'

const stream = (id: string) => ({ category: 'ordered', id })
const event = (id: string) => draft(stream(id))

/** What followers see when transactions end in another order than they took their positions in. */
export const orders = {
  'a higher position commits first': async (scene) => {
    const slow = await scene.begin()
    await slow.append(event('slow'))
    await scene.append(event('fast'))
    const cursor = await scene.follow()
    await slow.commit()
    return cursor > 0 ? ['hasty'] : []
  },

  'transactions end in every order': async (scene) => {
    const callers = [await scene.begin(), await scene.begin()]
    for (const [round, order] of interleavings(callers.length).entries())
      await interleaved(scene, { callers, order, round })
    return []
  },

  'an append is rolled back to a savepoint, and another follows in the transaction': async (
    scene,
  ) => {
    const slow = await scene.begin()
    await slow.client.query('savepoint before')
    await scene.store.append({ tenant: '', drafts: [event('undone')] }, { tx: slow.client })
    await slow.client.query('rollback to before')
    await scene.append(event('fast'))
    await scene.follow()
    await slow.append(event('slow'))
    await scene.append(event('fast'))
    await scene.follow()
    await slow.commit()
    return []
  },

  'a transaction is stamped and has taken no position': async (scene) => {
    await scene.append(event('first'))
    const stamped = await stampedAt(scene, 1)
    await scene.append(event('second'))
    const held = await scene.follow()
    await stamped.query('rollback')
    const free = await scene.follow()
    return [...(held > 1 ? ['hasty'] : []), ...(free < 2 ? ['stalled'] : [])]
  },

  'a stamp is taken late, below what has settled': async (scene) => {
    await scene.append(event('first'))
    await scene.append(event('second'))
    const { position } = await scene.store.settled()
    const late = await stampedAt(scene, 1)
    const positions: number[] = []
    const everything = { tenant: '', filters: [{}] }
    for await (const page of scene.store.read(everything, { until: position }))
      positions.push(...page.map((stored) => stored.position))
    await late.query('rollback')
    return positions.length === position
      ? []
      : [`settled at ${position}, it read ${positions.join()}`]
  },

  'an append waits for a lock': async (scene) => {
    const holder = await holderOf(scene, event('held'))
    const caller = await scene.begin()
    const waits = caller.concluded(appendOf(event('held')))
    await scene.waiting(waits, caller)
    await scene.append(event('other'))
    const wrong = await scene.stalled()
    await holder.query('rollback')
    await waits
    return wrong
  },

  'positions were given up before the stamp': async (scene) => {
    await scene.append(event('first'))
    const undone = await scene.begin()
    await undone.append(event('undone'), event('undone'), event('undone'))
    await undone.rollback()
    const slow = await scene.begin()
    await slow.append(event('slow'))
    const wrong = await scene.stalled()
    await slow.commit()
    return wrong
  },

  'positions pass 2^31, of which stamps keep the rest': async (scene) => {
    await scene.cluster.query(
      `select setval('"${scene.place.schema}".events_position', 2147483644)`,
    )
    for (let round = 0; round < 3; round++) {
      const slow = await scene.begin()
      await slow.append(event('slow'))
      await scene.append(event('fast'))
      await scene.follow()
      await slow.commit()
    }
    return []
  },

  'connections take positions by turns': async (scene) => {
    const [first, second] = [await scene.begin(), await scene.begin()]
    for (const caller of [first, second]) {
      await caller.append(event('warm'))
      await caller.commit()
      await caller.client.query('begin')
    }
    await first.append(event('slow'))
    await second.append(event('fast'))
    await second.commit()
    await scene.follow()
    await first.commit()
    return []
  },
} satisfies Readonly<Record<string, Schedule>>

interface Interleaving {
  readonly callers: readonly Transaction[]
  /** Whose turn it is: each begins with an append, ends at its second turn; -1 appends by itself. */
  readonly order: readonly number[]
  readonly round: number
}

async function interleaved(scene: Scene, { callers, order, round }: Interleaving): Promise<void> {
  const open = new Set<Transaction>()
  for (const turn of order) {
    const caller = callers[turn]
    if (!caller) await scene.append(event('alone'))
    else if (!open.has(caller)) {
      await caller.append(event(`caller ${turn}`))
      open.add(caller)
    } else {
      await ((round + turn) % 3 === 0 ? caller.rollback() : caller.commit())
      await caller.client.query('begin')
    }
    await scene.follow()
  }
}

/** Every order of two turns of each of some callers, and one of nobody. */
function interleavings(callers: number): readonly (readonly number[])[] {
  const turns = Array.from({ length: callers }, (_, caller) => [caller, caller]).flat()
  return ordersOf([-1, ...turns])
}

function ordersOf(turns: readonly number[]): readonly (readonly number[])[] {
  if (turns.length === 0) return [[]]
  return [...new Set(turns)].flatMap((first) => {
    const rest = turns.toSpliced(turns.indexOf(first), 1)
    return ordersOf(rest).map((order) => [first, ...order])
  })
}

/** A connection whose transaction has a stamp: it takes no position up to this one. */
async function stampedAt(scene: Scene, floor: number) {
  const client = await scene.connect()
  await client.query(`begin; select pg_advisory_xact_lock_shared(
    '"${scene.place.schema}".events_position'::regclass::oid::integer, ${floor})`)
  return client
}

/** A connection that holds, in a transaction without a stamp, what an append of an event locks. */
async function holderOf(scene: Scene, held: ReturnType<typeof event>) {
  const appender = await scene.begin()
  await appender.append(held)
  const holder = await scene.connect()
  const { rows } = await holder.query<{ key: string }>(
    `select (classid::bigint << 32 | objid::bigint)::text as key from pg_locks
      where pid = $1 and locktype = 'advisory' and objsubid = 1 and mode = 'ExclusiveLock'`,
    [appender.pid],
  )
  await holder.query('begin')
  const taken = holder.query(`select pg_advisory_xact_lock(${rows[0]?.key})`)
  await scene.waiting(taken)
  await appender.rollback()
  await taken
  return holder
}
