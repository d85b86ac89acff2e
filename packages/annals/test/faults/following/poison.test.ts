import { describe, expect, test } from 'vitest'
import type { Parked } from '../../../src/store/ledger.ts'
import { lasting } from '../postgres/place.ts'
import type { LifeOptions } from './messages.ts'
import type { ModelName } from './models.ts'
import { kinds } from './place.ts'
import { Stage } from './stage.ts'
import { faultsAt, first, kindsOf } from './truth.ts'

const models: readonly ModelName[] = ['crossings', 'journal', 'effects']

// the fifth step of each walk fails until it is mended
const life: LifeOptions = {
  background: models,
  conduct: { slices: 2, fails: { models, every: 5, until: 'mended', attempts: 3 } },
}

async function parkedOf(stage: Stage, model: ModelName): Promise<readonly Parked[]> {
  const all = await stage.store.ledger.parked({ limit: 1_000 })
  return all.filter(({ name }) => name === model)
}

/** A queue of so many: only the first was tried, three times. */
function queueOf(walk: string, length: number): readonly string[] {
  return Array.from({ length }, (_, index) => `walk/${walk} ${index === 0 ? 3 : 0}`)
}

/** Waits until somebody must look after so many queues of a model. */
async function stuck(stage: Stage, model: ModelName, queues: number): Promise<void> {
  await stage.until(`${queues} stuck queues of ${model}`, async () => {
    return (await stage.standing(model))?.stuck === queues || undefined
  })
}

describe.concurrent.each(kinds)('on %s', (kind) => {
  test(
    'what cannot be handled is put aside with all behind it, and comes in order when it is mended',
    lasting,
    async () => {
      await using stage = Stage.at(kind)
      await stage.append(['good', 'fine'], 4)
      await stage.append(['bad', 'worse'], 8)
      const before = await stage.started(life)
      await stuck(stage, 'journal', 2)
      await before.kill()

      // after it was killed, later steps go behind those that wait
      const last = await stage.append(['bad', 'late'], 3)
      const after = await stage.started({ ...life, ahead: 10_000 })
      for (const model of models) await stage.passed(model, last)
      const parked = await parkedOf(stage, 'journal')
      expect(parked.map(({ queue, attempts }) => `${queue} ${attempts}`)).toEqual([
        ...queueOf('bad', 4),
        ...queueOf('worse', 4),
        ...Array.from({ length: 3 }, () => 'walk/bad 0'),
      ])
      // the others went on, and none of those behind was handled before
      expect(kindsOf(await faultsAt(stage.place, ['journal', 'effects']))).toEqual([
        'journal missed',
        'effects missed',
      ])
      await after.kill()

      await stage.mend()
      for (const [round, step] of ['commit', 'handle journal', 'handle effects'].entries()) {
        const fate = { step, when: 'after', call: 2, signal: 'SIGKILL' } as const
        const struck = stage.begin({ ...life, ahead: (round + 2) * 10_000, fate })
        await struck.do('start').catch(() => undefined)
        expect(await struck.ended).toBe('SIGKILL')
      }
      const mended = await stage.started({ ...life, ahead: 100_000 })
      await mended.do('settle')
      expect(first(await faultsAt(stage.place, models))).toEqual([])
    },
  )
})
