import { MisuseError } from '../../../../src/core/errors.ts'
import type { Filter } from '../../../../src/store/store.ts'
import { readToDecide } from '../deciding.ts'
import { appendOf, fact } from '../place.ts'
import type { Scene, Schedule, Transaction } from './scene.ts'

const seat = { tags: ['seat:1'] }
const taken = () => fact(seat.tags)

/** What decides while others do. */
export const decisions = {
  'a lower position commits after the read': async (scene) => {
    scene.mostOfTag = 2
    const slow = await scene.begin()
    await slow.append(taken())
    await scene.append(taken())
    const { positions, guard } = await readToDecide(scene.store, seat)
    await slow.commit()
    // it saw one, and lets a second through
    const outcome = await scene.guarded({ ...appendOf(taken()), guard })
    return [
      ...unless('it read one', positions.length === 1),
      ...unless('passed', outcome === 'refused'),
    ]
  },

  'it saw what has not settled': async (scene) => {
    scene.mostOfTag = 3
    const slow = await scene.begin()
    await slow.append(fact(['other']))
    await scene.append(taken())
    await scene.append(taken())
    const { positions, guard } = await readToDecide(scene.store, seat)
    const outcome = await scene.guarded({ ...appendOf(taken()), guard })
    await slow.commit()
    return [
      ...unless('it read two', positions.length === 2),
      ...unless('barred', outcome === 'acknowledged'),
    ]
  },

  'a match is open when it goes, and commits': async (scene) => {
    const slow = await scene.begin()
    await slow.append(taken())
    return raced(scene, slow, seat)
  },

  'a match is open when it goes, and is rolled back': async (scene) => {
    const slow = await scene.begin()
    await slow.append(taken())
    const { guard } = await readToDecide(scene.store, seat)
    const decides = scene.guarded({ ...appendOf(taken()), guard })
    await scene.waiting(decides)
    await slow.rollback()
    return unless('barred', (await decides) === 'acknowledged')
  },

  'another decision is open when it goes, and commits': async (scene) => {
    const slow = await scene.begin()
    const { guard } = await readToDecide(scene.store, seat)
    await slow.guarded({ ...appendOf(taken()), guard })
    return raced(scene, slow, seat)
  },

  'a match of a condition without tags is open when it goes, and commits': async (scene) => {
    const slow = await scene.begin()
    await slow.append(taken())
    return raced(scene, slow, { types: ['Written'] })
  },

  'an event comes to the stream that it looked at, and commits': async (scene) => {
    const stream = { category: 'watched', id: '1' }
    const slow = await scene.begin()
    await slow.append({ ...taken(), stream })
    return raced(scene, slow, stream)
  },

  'a decision of another tag is open': async (scene) => {
    const slow = await scene.begin()
    const other = { tags: ['seat:2'] }
    const { guard } = await readToDecide(scene.store, other)
    await slow.guarded({ ...appendOf(fact(other.tags)), guard })
    const mine = await readToDecide(scene.store, seat)
    const decides = scene.guarded({ ...appendOf(taken()), guard: mine.guard })
    await scene.waiting(decides)
    await slow.commit()
    return unless('barred', (await decides) === 'acknowledged')
  },

  'its transaction sees the database as it was before the match': async (scene) => {
    const old = await scene.begin('repeatable read')
    await old.client.query(`select from "${scene.place.schema}".events`)
    const { guard } = await readToDecide(scene.store, seat)
    await scene.append(taken())
    const decided = await scene.store
      .append({ ...appendOf(taken()), guard }, { tx: old.client })
      .then(undefined, (error: unknown) => error)
    await old.client.query('commit')
    const explains = decided instanceof MisuseError && /isolation/i.test(decided.message)
    return unless('not refused for its isolation', explains)
  },
} satisfies Readonly<Record<string, Schedule>>

/** Decides twice while a match is open that then commits: both must be refused. */
async function raced(scene: Scene, slow: Transaction, filter: Filter): Promise<readonly string[]> {
  const { guard } = await readToDecide(scene.store, filter)
  const caller = await scene.begin()
  const within = caller.concluded({ ...appendOf(taken()), guard })
  await scene.waiting(within, caller)
  const alone = scene.guarded({ ...appendOf(taken()), guard })
  await scene.waiting(alone)
  await slow.commit()
  const refused = (await within) === 'refused' && (await alone) === 'refused'
  return unless('passed', refused)
}

function unless(wrong: string, holds: boolean): readonly string[] {
  return holds ? [] : [wrong]
}
