import { setTimeout as delay } from 'node:timers/promises'
import type { Append, Draft } from '../../../../src/store/store.ts'
import {
  catchUp,
  complete,
  everyEvent,
  inlineOf,
  pageOf,
} from '../../../../src/testing/contracts/ledger/tally.ts'
import { carts, standing, take, view } from '../../../../src/testing/contracts/ledger/vocabulary.ts'
import { appendOf, draft } from '../place.ts'
import type { Scene, Schedule } from './scene.ts'

const event = (id: string) => draft({ category: 'tallied', id }, ['all'])

/** What becomes of the documents of a view that appends keep inline, of all events together and of each stream. */
export const inline = {
  'a document is open when another append changes it': async (scene) => {
    await registered(scene, 'inline')
    const slow = await scene.begin()
    await slow.guarded(keeping(event('1')))
    const late = scene.guarded(keeping(event('2')))
    await stopped(scene, late)
    await slow.commit()
    return [...((await late) === 'acknowledged' ? [] : ['refused']), ...(await torn(scene))]
  },

  'a model becomes inline while an append waits that does not keep it': async (scene) => {
    await registered(scene, 'following')
    await scene.append(event('1'))
    const lease = await take(scene.store, 'a')
    // which waits in one piece
    const caller = await scene.begin()
    const late: Promise<unknown>[] = []
    await scene.store.ledger.turnInline(lease, everyEvent, async (events) => {
      late.push(caller.concluded(appendOf(event('2'))))
      await stopped(scene, Promise.all(late))
      return pageOf(events)
    })
    await Promise.all(late)
    return torn(scene)
  },

  'an append that does not keep a model is open when that is to become inline': async (scene) => {
    await registered(scene, 'following')
    await scene.append(event('1'))
    const slow = await scene.begin()
    await slow.append(event('2'))
    const lease = await take(scene.store, 'a')
    const turned = await scene.store.ledger.turnInline(lease, everyEvent, (events) =>
      pageOf(events),
    )
    await slow.commit()
    return [...(turned ? ['hasty'] : []), ...(await torn(scene))]
  },

  'an append that keeps a model is open when another lets it go': async (scene) => {
    await registered(scene, 'inline')
    await scene.guarded(keeping(event('1')))
    const slow = await scene.begin()
    await slow.guarded(keeping(event('2')))
    const foreign = scene.append(event('3'))
    await stopped(scene, foreign)
    await slow.commit()
    await foreign
    return torn(scene)
  },
} satisfies Readonly<Record<string, Schedule>>

async function registered(scene: Scene, mode: 'inline' | 'following'): Promise<void> {
  scene.mostOfTag = 3
  await scene.store.ledger.register([view({ inline: mode === 'inline' })])
}

function keeping(...drafts: readonly Draft[]): Append {
  return { ...appendOf(...drafts), inline: inlineOf(drafts, [carts], '') }
}

/** When the work waits for anybody's transaction, or is done without. */
async function stopped({ cluster }: Scene, work: Promise<unknown>): Promise<void> {
  let done = false
  const end = () => (done = true)
  void work.then(end, end)
  const look = 'select from pg_locks where not granted'
  while (!done && (await cluster.query(look)).length === 0) await delay(1)
}

/** Whether the documents differ from what a fold of the log gives, when what follows has been handled. */
async function torn({ store }: Scene): Promise<readonly string[]> {
  const { mode, slices } = await standing(store)
  if (mode === 'following') {
    await store.ledger.release(
      slices.map((slice) => ({ ...carts, ...slice, owner: slice.owner ?? '' })),
    )
    await catchUp(store, await take(store, 'after'))
  }
  return complete(store, carts, '').then(
    () => [],
    () => ['torn'],
  )
}
