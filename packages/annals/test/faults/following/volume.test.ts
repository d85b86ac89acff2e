import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { beforeAll, afterAll, describe, expect, test } from 'vitest'
import { amount, lasting } from '../postgres/place.ts'
import { tellFigure } from './figures.ts'
import type { Life } from './life.ts'
import type { LifeOptions } from './messages.ts'
import { effectsFile, type ModelName } from './models.ts'
import { kinds } from './place.ts'
import { Stage } from './stage.ts'
import { documentsAt } from './truth.ts'

const events = amount(100_000, 1_000_000)
const walks = Array.from({ length: 100 }, (_, index) => `walk-${index}`)
const append = 10_000

const megabyte = 1024 * 1024
const mostGrowth = 150 * megabyte
// who waits for nothing makes more garbage before it is collected: 152 to 157 MB on PostgreSQL, Node 24
const mostGrowthAtFullSpeed = 250 * megabyte

/** A log of so many steps, and one rest in the middle of them. */
async function fill(stage: Stage): Promise<void> {
  for (let done = 0; done < events; done += append) {
    if (done === events / 2) await stage.store.append({ tenant: '', drafts: [rest()] })
    await stage.append(walks, append / walks.length)
  }
}

function rest() {
  return {
    id: randomUUID(),
    stream: { category: 'walk', id: 'resting' },
    type: 'Rested',
    schemaVersion: 1,
    data: '{}',
    metadata: '{}',
    tags: [],
  }
}

/** What a process needs to run models until some work is done. */
async function cost(
  stage: Stage,
  options: LifeOptions,
  work: (life: Life) => Promise<unknown>,
): Promise<{ readonly growth: number; readonly took: number; readonly standstill: number }> {
  await using life = stage.begin(options)
  const { resident } = await life.report()
  let most = resident
  let over = false
  const began = performance.now()
  const done = life
    .do('start')
    .then(() => work(life))
    .finally(() => (over = true))
  while (!over) {
    await Promise.race([done, delay(250)])
    most = Math.max(most, (await life.report()).resident)
  }
  await done
  const took = performance.now() - began
  const { standstill } = await life.report()
  tellFigure(
    `${stage.place.kind}, ${events} events, ${String(options.background)}:`,
    `${Math.round(took)} ms, grew by ${Math.round((most - resident) / megabyte)} MB, stood still for ${Math.round(standstill)} ms`,
  )
  return { growth: most - resident, took, standstill }
}

describe.each(kinds)('on %s, in a long log,', (kind) => {
  let stage: Stage
  let last: number

  beforeAll(async () => {
    stage = Stage.at(kind)
    await fill(stage)
    last = (await stage.store.settled()).position
  })

  afterAll(() => stage[Symbol.asyncDispose]())

  /** Waits until models have passed all of the log. */
  async function passed(...models: readonly ModelName[]): Promise<void> {
    for (const model of models) await stage.passed(model, last, amount(60_000, 600_000))
  }

  test.concurrent(
    'what matches no event passes all, and what matches one finds it',
    lasting,
    async () => {
      const { growth, took } = await cost(stage, { background: ['falls', 'rests'] }, () =>
        passed('falls', 'rests'),
      )
      const rested = readFileSync(effectsFile(stage.place), 'utf8').match(/^rested .*$/gm)
      expect(rested).toEqual([`rested ${events / 2 + 1}`])
      expect(took).toBeLessThan(events / 10)
      expect(growth).toBeLessThan(mostGrowth)
    },
  )

  test.concurrent('a slow handler needs no more memory than in a short one', lasting, async () => {
    const slow: LifeOptions = { background: ['effects'], conduct: { pace: 1 } }
    const { growth } = await cost(stage, slow, async (life) => {
      await delay(amount(3_000, 60_000))
      expect((await life.report()).counts['handle effects']).toBeGreaterThan(0)
    })
    expect(growth).toBeLessThan(mostGrowth)
  })

  test.concurrent('a view that catches up lets other work go on', lasting, async () => {
    const { growth, took, standstill } = await cost(stage, { background: ['walks'] }, () =>
      passed('walks'),
    )
    tellFigure('  that is', `${Math.round(events / (took / 1_000))} events/s`)
    const documents = [...(await documentsAt(stage.place, 'walks')).values()]
    expect(documents.reduce((sum, { steps }) => sum + steps, 0)).toBe(events)
    expect(growth).toBeLessThan(mostGrowthAtFullSpeed)
    expect(standstill).toBeLessThan(2_000) // 10 to 40 ms, and more where other processes have the cores
  })
})
