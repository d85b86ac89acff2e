import assert from 'node:assert/strict'
import type { Boundary, Filter } from '../../../store/store.ts'
import type { StorePromises } from './scene.ts'
import {
  after,
  append,
  at,
  cart,
  decide,
  draft,
  history,
  ids,
  matching,
  read,
  refused,
  rounds,
  tagged,
  winners,
} from './vocabulary.ts'

const course: Filter = { types: ['Enrolled'], tags: ['course:ts'] }

/** Guards a later append by a filter, lets an event come, and tells whether the append is refused. */
function watching(filter: Filter, cases: { stops: string[][]; passes: string[][] }) {
  const run: StorePromises[string] = async ({ store, other }) => {
    for (const [[type = '', ...tags], stops] of [
      ...cases.stops.map((event) => [event, true] as const),
      ...cases.passes.map((event) => [event, false] as const),
    ]) {
      const guard = await decide(store, filter)
      await append(other, [draft(cart('1'), { type, tags })])
      const late = append(store, [draft(cart('2'), { type: 'Late' })], guard)
      if (stops) await refused(late, 'ANNALS_CONFLICT')
      else await late
    }
    assert.equal((await history(store, cart('2'))).length, cases.passes.length)
  }
  return run
}

export const decisionPromises: StorePromises = {
  'of eight decisions on the same events one is kept': async ({ store, other }) => {
    await append(store, [tagged('course:ts')])
    await rounds(50, async (round) => {
      const racers = [store, other, store, other, store, other, store, other]
      const guards = await Promise.all(racers.map((one) => decide(one, course)))
      const won = await winners(
        racers.map((one, racer) => append(one, [tagged('course:ts')], guards[racer])),
      )
      assert.equal(won.length, 1, `round ${round}`)
    })
    assert.equal((await read(store, matching(course))).length, 51)
  },

  'of 200 claims of a unique name one wins': async ({ store, other }) => {
    // one that reads later sees the claim, and would not ask
    const guard = await decide(store, { tags: ['email:ann@example.com'] })
    const claims = Array.from({ length: 200 }, (_, claim) =>
      append(claim % 2 ? store : other, [tagged('email:ann@example.com')], guard),
    )
    assert.equal((await winners(claims)).length, 1)
    assert.equal((await read(store, matching({ tags: ['email:ann@example.com'] }))).length, 1)
  },

  'an event that comes during the read of a decision is seen by it, or stops it': async (scene) => {
    const { store, other } = scene
    await append(store, [tagged('course:ts'), tagged('course:ts'), tagged('course:ts')])
    const settled = await store.settled()
    const racer = tagged('course:ts')
    const pages = []
    for await (const page of store.read(matching(course), { unsettled: true, page: 1 })) {
      if (pages.length === 1) await append(other, [racer])
      pages.push(page)
    }
    const seen = pages.flat()
    const guard = { decision: { filters: [course], after: after(settled, seen) } }
    const late = append(store, [tagged('course:ts')], guard)
    if (ids(seen).includes(racer.id)) await late
    else await refused(late, 'ANNALS_CONFLICT')
  },

  'what a decision has seen above the settled position does not stop it': async (scene) => {
    const { store, other } = scene
    const settled = await store.settled()
    await append(other, [tagged('course:ts'), tagged('course:ts')])
    const seen = await read(store, matching(course), { unsettled: true })
    assert.equal(seen.length, 2)
    const guard = (events: typeof seen) => ({
      decision: { filters: [course], after: after(settled, events) },
    })
    await refused(append(store, [tagged('course:ts')], guard([])), 'ANNALS_CONFLICT')
    await refused(append(store, [tagged('course:ts')], guard(seen.slice(0, 1))), 'ANNALS_CONFLICT')
    await refused(append(store, [tagged('course:ts')], guard(seen.slice(1))), 'ANNALS_CONFLICT')
    await append(store, [tagged('course:ts')], guard(seen))
    assert.equal((await read(store, matching(course))).length, 3)
  },

  'decisions on different tags are both kept': async ({ store, other }) => {
    const left = await decide(store, { tags: ['course:ts'] })
    const right = await decide(other, { tags: ['course:js'] })
    await Promise.all([
      append(store, [tagged('course:ts')], left),
      append(other, [tagged('course:js')], right),
    ])
    assert.equal((await read(store, matching({ types: ['Enrolled'] }))).length, 2)
  },

  'a decision may match its own events, but not the same again': async ({ store, other }) => {
    const guard = await decide(store, course)
    await append(store, [tagged('course:ts'), tagged('course:ts')], guard)
    await refused(append(store, [tagged('course:ts')], guard), 'ANNALS_CONFLICT')
    await refused(append(other, [tagged('course:js')], guard), 'ANNALS_CONFLICT')
    assert.equal((await read(store, matching({}))).length, 2)
  },

  'a decision by type looks at that type only': watching(
    { types: ['Opened', 'Closed'] },
    { stops: [['Opened'], ['Closed', 'a']], passes: [['opened'], ['Moved', 'Opened']] },
  ),

  'a decision by tag looks at that tag only': watching(
    { tags: ['a'] },
    {
      stops: [
        ['Opened', 'a'],
        ['Moved', 'b', 'a'],
      ],
      passes: [['a'], ['Opened', 'b'], ['X', 'aa']],
    },
  ),

  'a decision by several tags looks for all of them on one event': watching(
    { types: ['Opened'], tags: ['a', 'b', 'c'] },
    {
      stops: [['Opened', 'c', 'b', 'a', 'd']],
      passes: [
        ['Opened', 'a', 'b'],
        ['Opened', 'c'],
        ['Moved', 'a', 'b', 'c'],
      ],
    },
  ),

  'a decision by several filters looks for any of them': async ({ store, other }) => {
    const filters: Filter[] = [course, { category: 'cart', id: '9' }, { types: ['Closed'] }]
    const comes = [tagged('course:ts'), draft(cart('9')), draft(cart('2'), { type: 'Closed' })]
    for (const event of comes) {
      const guard = await decide(store, ...filters)
      await append(other, [tagged('course:js'), draft(cart('8'))])
      await append(store, [draft(cart('3'))], guard)
      await append(other, [event])
      await refused(append(store, [draft(cart('3'))], guard), 'ANNALS_CONFLICT')
    }
    assert.equal((await history(store, cart('3'))).length, 3)
  },

  'a decision on anything is stopped by anything': async ({ store, other }) => {
    const guard = await decide(store, {})
    await append(other, [draft(cart('1'))])
    await refused(append(store, [draft(cart('2'))], guard), 'ANNALS_CONFLICT')
    await append(store, [draft(cart('2'))], await decide(store, {}))
  },

  'a decision and a guard of a stream hold together': async ({ store, other }) => {
    const guard = { ...(await decide(store, course)), ...at(cart('1'), 'none') }
    await append(store, [draft(cart('1')), tagged('course:js')], guard)
    await refused(append(store, [draft(cart('2'))], guard), 'ANNALS_CONFLICT')
    const open = { ...(await decide(store, course)), ...at(cart('1'), 1) }
    await append(other, [tagged('course:ts')])
    await refused(append(store, [draft(cart('2'))], open), 'ANNALS_CONFLICT')
    assert.deepEqual(await history(store, cart('2')), [])
  },

  'a decision looks at its own tenant only': async ({ store, other }) => {
    const guard = await decide(store, course, { types: ['Closed'] }, cart('1'))
    const theirs = [tagged('course:ts'), draft(cart('1')), draft(cart('2'), { type: 'Closed' })]
    await other.append({ tenant: 'other', drafts: theirs })
    await append(store, [tagged('course:ts')], guard)
    assert.equal((await read(store, matching({}))).length, 1)
  },

  'two decisions that read what the other writes are not both kept': async ({ store, other }) => {
    await rounds(50, async (round) => {
      const [left, right] = [`on call:${round}:ann`, `on call:${round}:bob`]
      const both = [{ tags: [left] }, { tags: [right] }]
      const [first, second] = await Promise.all([decide(store, ...both), decide(other, ...both)])
      const won = await winners([
        append(store, [tagged(left)], first),
        append(other, [tagged(right)], second),
      ])
      assert.equal(won.length, 1, `round ${round}`)
    })
  },

  'a boundary of another database is refused': async ({ store }) => {
    const { epoch, position } = await store.settled()
    const boundary: Boundary = { epoch: `not ${epoch}`, position, seen: [] }
    const guard = { decision: { filters: [course], after: boundary } }
    await refused(append(store, [tagged('course:ts')], guard), 'ANNALS_EPOCH')
    assert.deepEqual(await read(store, matching({})), [])
  },
}
