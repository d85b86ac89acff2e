import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cluster } from '../postgres/cluster.ts'
import { amount, lasting } from '../postgres/place.ts'
import { tellFigure } from './figures.ts'
import type { LifeOptions } from './messages.ts'
import type { ModelName } from './models.ts'
import { kinds } from './place.ts'
import { Stage } from './stage.ts'
import { faultsAt, first } from './truth.ts'

let cluster: Cluster

beforeAll(async () => {
  cluster = await Cluster.make({ max_connections: 200 })
})

afterAll(() => cluster[Symbol.asyncDispose]())

const models: readonly ModelName[] = ['journal', 'effects']
const walks = Array.from({ length: 12 }, (_, index) => `walk-${index}`)

function sliced(slices: number): LifeOptions {
  return { background: models, conduct: { slices } }
}

/** Waits until all slices of a model are run, by so many processes. */
async function spread(stage: Stage, model: ModelName, processes: number): Promise<void> {
  await stage.until(`slices of ${model} in ${processes} processes`, async () => {
    const slices = (await stage.standing(model))?.slices ?? []
    const owners = new Set(slices.map(({ owner }) => owner))
    return (owners.size === processes && !owners.has(undefined)) || undefined
  })
}

describe.concurrent.each(kinds)('on %s', (kind) => {
  test(
    'slices move from one process to eight and to three, and nothing is handled twice',
    lasting,
    async () => {
      await using stage = Stage.at(kind, cluster.url())
      const [one, ...others] = Array.from({ length: 8 }, () => stage.begin(sliced(16)))
      if (!one) return
      await one.do('start')
      await stage.appending(walks, async () => {
        await delay(amount(500, 5_000))
        await Promise.all(others.map((life) => life.do('start')))
        const came = performance.now()
        for (const model of models) await spread(stage, model, 8)
        const took = Math.round(performance.now() - came)
        expect(took).toBeLessThan(20_000)
        tellFigure(`${kind}: 16 slices of each model in each of 8 processes after`, `${took} ms`)
        await delay(amount(500, 5_000))
        const [closed, killed] = [others.slice(0, 3), others.slice(3, 5)]
        await Promise.all(closed.map((life) => life.do('close')))
        await Promise.all(killed.map((life) => life.kill()))
        for (const model of models) await spread(stage, model, 3)
        await delay(amount(500, 5_000))
      })
      await one.do('settle')
      expect(first(await faultsAt(stage.place, models))).toEqual([])
    },
  )

  test(
    'the number of slices changes from start to start, and nothing is handled twice',
    lasting,
    async () => {
      await using stage = Stage.at(kind, cluster.url())
      await stage.appending(walks, async () => {
        let last = await stage.started(sliced(4))
        for (const slices of [16, 3, 100, 1, 7].slice(0, amount(1, 5))) {
          const next = await stage.started(sliced(slices))
          await delay(amount(200, 2_000))
          await last.do('close')
          last = next
          await stage.until(`${slices} slices`, async () => {
            const now = await Promise.all(models.map((model) => stage.standing(model)))
            return now.every((standing) => standing?.slices.length === slices) || undefined
          })
        }
      })
      const last = await stage.started(sliced(5))
      await last.do('settle')
      expect(first(await faultsAt(stage.place, models))).toEqual([])
    },
  )
})
