import assert from 'node:assert/strict'
import { chain, finished, inOrder } from '../../../core/awaitable.ts'
import type { Own } from '../../../store/ledger.ts'
import type { StorePromises } from '../store/scene.ts'
import { at, cart, draft, drafts, history, refused, tenant } from '../store/vocabulary.ts'
import { ProjectionStage, totals } from './projection-stage.ts'
import { everyEvent } from './tally.ts'
import { checkpoints, commit, standing, take, view } from './vocabulary.ts'

const mine = cart('1')
const failure = new Error('the handler failed')

function fail(): never {
  throw failure
}

/** Tries a promise of stores that keep projections. */
function projecting(play: (stage: ProjectionStage) => Promise<void>): StorePromises[string] {
  return async (scene) => {
    const { run } = scene.place
    if (run) await play(new ProjectionStage(scene, run))
  }
}

export const projectionPromises: StorePromises = {
  'the tables of a projection are made once, by whoever registers it first': projecting(
    async (stage) => {
      const { store, other } = stage.scene
      const racers = Array.from({ length: 10 }, (_, index) => (index % 2 ? store : other))
      await Promise.all(racers.map((one) => one.ledger.register([stage.registration()])))
      assert.equal((await standing(other, totals)).kind, 'projection')
      assert.deepEqual(await stage.amounts(), { setup: 1 })
      await stage.registered()
      assert.deepEqual(await stage.amounts(), { setup: 1 })
    },
  ),

  'a projection whose setup fails is not registered, and leaves no table': projecting(
    async (stage) => {
      const { store, other } = stage.scene
      const made = stage.registration()
      const setup = (own: Own) => chain(made.setup?.(own), fail)
      await assert.rejects(store.ledger.register([view(), { ...made, setup }]), {
        message: /^the setup of the projection totals-of failed: the handler failed/,
        cause: failure,
      })
      assert.deepEqual(await other.ledger.overview([totals]), [])
      await store.ledger.register([made])
      assert.deepEqual(await stage.amounts(), { setup: 1 })
    },
  ),

  'versions of a projection have tables of their own': projecting(async (stage) => {
    const { store } = stage.scene
    await stage.registered()
    await stage.registered({ version: '2' })
    const second = await take(store, 'a', { ...totals, version: '2' })
    const own = { model: second, run: (page: Own) => stage.add(page, 'page', 5) }
    await commit(store, second, { own, position: 1 })
    assert.deepEqual(await stage.amounts('2'), { setup: 1, page: 5 })
    assert.deepEqual(await stage.amounts('1.1'), { setup: 1 })
  }),

  'people read the tables of the version that is live, whatever others there are': projecting(
    async (stage) => {
      const { store, other } = stage.scene
      await stage.registered()
      assert.deepEqual(await stage.shown(), { setup: 1 })
      const next = { ...totals, version: '2' }
      await stage.registered({ version: '2' })
      const lease = await take(store, 'a', next)
      const own = { model: next, run: (page: Own) => stage.add(page, 'page', 5) }
      await commit(store, lease, { own, position: 1 })
      assert.deepEqual(await stage.shown(), { setup: 1 }, 'it is not live')
      assert.equal(await other.ledger.goLive(next, 1), true)
      assert.deepEqual(await stage.shown(), { setup: 1, page: 5 })
      await store.ledger.drop(totals)
      assert.deepEqual(await stage.shown(), { setup: 1, page: 5 })
      await assert.rejects(stage.amounts(), 'its table is gone')
      await store.ledger.drop(next)
      assert.equal(await stage.shown(), undefined)
      await stage.registered()
      assert.deepEqual(await stage.shown(), { setup: 1 })
    },
  ),

  'the tables of two versions are compared, row by row': projecting(async (stage) => {
    const { store, other } = stage.scene
    await stage.registered()
    const next = { ...totals, version: '2' }
    await stage.registered({ version: '2' })
    const write = async (model: typeof totals, ...amounts: readonly [string, number][]) => {
      const lease = await take(store, 'a', model)
      const run = (own: Own) =>
        finished(inOrder(amounts, ([name, amount]) => stage.add(own, name, amount)))
      await commit(store, lease, { own: { model, run }, position: lease.position + 1 })
      await store.ledger.release([lease])
    }
    const compared = async (limit: number) => {
      const [table, ...more] = await other.ledger.compareTables(totals, next, limit)
      assert.equal(more.length, 0)
      return table
    }
    const same = { rows: 1, only: 0, examples: [] }
    assert.deepEqual(await compared(5), { table: 'amounts', from: same, to: same })
    await write(totals, ['a', 1], ['b', 2])
    await write(next, ['a', 3], ['c', 4], ['d', 5])
    const found = await compared(1)
    assert.deepEqual(
      [found?.from.rows, found?.from.only, found?.to.rows, found?.to.only],
      [3, 2, 4, 3],
    )
    const firsts = [found?.from, found?.to].map((side) =>
      side?.examples.map((row) => (JSON.parse(row) as { name: string }).name),
    )
    assert.deepEqual(firsts, [['a'], ['a']])
    const all = await compared(9)
    const amounts = all?.to.examples.map(
      (row) => JSON.parse(row) as { name: string; amount: number },
    )
    assert.deepEqual(amounts?.map(({ name, amount }) => `${name} ${amount}`).toSorted(), [
      'a 3',
      'c 4',
      'd 5',
    ])
  }),

  'what a projection writes moves with its checkpoint': projecting(async (stage) => {
    const { store, other } = stage.scene
    const lease = await stage.leased()
    const page = (after: () => void) => ({
      own: { model: totals, run: (own: Own) => chain(stage.add(own, 'page', 5), after) },
      position: 3,
    })
    await assert.rejects(commit(store, lease, page(fail)), failure)
    assert.deepEqual(await stage.amounts(), { setup: 1 })
    assert.deepEqual(await checkpoints(other, totals), [0])
    await commit(
      store,
      lease,
      page(() => undefined),
    )
    assert.deepEqual(await stage.amounts(), { setup: 1, page: 5 })
    assert.deepEqual(await checkpoints(other, totals), [3])
  }),

  'who lost a lease has written nothing into tables': projecting(async (stage) => {
    const { store, other, clock } = stage.scene
    const old = await stage.leased()
    clock.advance('31s')
    const lease = await take(other, 'b', totals)
    const own = { model: totals, run: (page: Own) => stage.add(page, 'page', 5) }
    await refused(commit(store, old, { own, position: 9 }), 'ANNALS_LEASE_LOST')
    assert.deepEqual(await stage.amounts(), { setup: 1 })
    await commit(other, lease, { own, position: 1 })
    assert.deepEqual(await stage.amounts(), { setup: 1, page: 5 })
  }),

  'a projection that is inline is written in the transaction of the append': projecting(
    async (stage) => {
      const { store, other } = stage.scene
      await stage.registered({ inline: true })
      await stage.append(store, drafts(mine, 3))
      await stage.append(other, drafts(mine, 2))
      assert.deepEqual(await stage.amounts(), { setup: 1, events: 5 })
      const guarded = { tenant, drafts: [draft(mine)], guard: at(mine, 'none') }
      await refused(store.append(guarded), 'ANNALS_CONFLICT')
      const sent = drafts(mine, 2)
      const once = await stage.append(store, sent)
      assert.deepEqual(await stage.append(other, sent), once, 'and not again')
      assert.deepEqual(await stage.amounts(), { setup: 1, events: 7 })
    },
  ),

  'an append whose projection fails is refused alone, and leaves nothing': projecting(
    async (stage) => {
      const { store, other } = stage.scene
      await stage.registered({ inline: true })
      const calls = Array.from({ length: 9 }, (_, index) =>
        stage.append(
          index % 3 ? store : other,
          drafts(mine, 2),
          index === 4 ? { after: fail } : {},
        ),
      )
      for (const [index, outcome] of (await Promise.allSettled(calls)).entries())
        if (index !== 4) assert.equal(outcome.status, 'fulfilled')
        else assert.ok(outcome.status === 'rejected' && outcome.reason === failure)
      assert.deepEqual(await stage.amounts(), { setup: 1, events: 16 })
      assert.equal((await history(other, mine)).length, 16)
    },
  ),

  'fifty appends at once to an inline projection lose nothing': projecting(async (stage) => {
    const { store, other } = stage.scene
    await stage.registered({ inline: true })
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        stage.append(index % 2 ? store : other, [draft(cart(`${index % 7}`))]),
      ),
    )
    assert.deepEqual(await stage.amounts(), { setup: 1, events: 50 })
  }),

  'a projection becomes inline with the rest of the log': projecting(async (stage) => {
    const { store, other } = stage.scene
    const lease = await stage.leased()
    await stage.append(store, drafts(mine, 3))
    assert.deepEqual(await stage.amounts(), { setup: 1 }, 'it follows still')
    const turned = await store.ledger.turnInline(lease, everyEvent, (events) => ({
      own: { model: totals, run: (own) => stage.add(own, 'events', events.length) },
    }))
    assert.equal(turned, true)
    await stage.append(other, drafts(mine, 2))
    assert.deepEqual(await stage.amounts(), { setup: 1, events: 5 })
  }),

  'what a projection wrote goes with the transaction of the caller': projecting(async (stage) => {
    const { store, place } = stage.scene
    if (!store.can.transactions || !place.begin) return
    await stage.registered({ inline: true })
    await stage.append(store)
    for (const end of ['rollback', 'commit'] as const) {
      const transaction = await place.begin()
      await stage.append(store, drafts(mine, 2), { tx: transaction.tx })
      await transaction[end]()
      assert.deepEqual(await stage.amounts(), { setup: 1, events: end === 'commit' ? 3 : 1 })
    }
  }),
}
