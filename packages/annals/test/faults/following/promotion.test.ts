import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Pair } from '../postgres/pair.ts'
import { amount, lasting } from '../postgres/place.ts'
import { tellFigure } from './figures.ts'
import { leased, usesOf } from './leases.ts'
import type { LifeOptions } from './messages.ts'
import { historyMutants, oneHistory } from './mutants.ts'
import { Stage } from './stage.ts'
import { faultsAt, first, kindsOf } from './truth.ts'

// A standby that lacks what was written last is promoted: another history begins, in which other events come where those were
// that are lost.

let pair: Pair

beforeAll(async () => {
  pair = await Pair.make()
})

beforeEach(() => pair.complete())

afterAll(() => pair[Symbol.asyncDispose]())

// the positions of fewer are passed over by a standby that is promoted: 32 of a sequence are written ahead
const lost = 100

test('a lease of the history that was lost is good for nothing in the other one', async () => {
  await using stages = new AsyncDisposableStack()
  const changed = async (sql?: string) => {
    const stage = stages.use(Stage.at('PostgreSQL', pair.url()))
    if (sql !== undefined) await stage.change(sql)
    return { stage, lease: await leased(stage) }
  }
  const shipped = await changed()
  const mutants = await Promise.all(
    Object.values(historyMutants).map(async ({ sql, shows }) => ({
      ...(await changed(sql)),
      shows,
    })),
  )
  await pair.part()
  await pair.failOver()
  expect(await usesOf(shipped.lease, shipped.stage)).toEqual([])
  for (const { stage, lease, shows } of mutants) expect(await usesOf(lease, stage)).toContain(shows)
})

test('who has handled what was lost handles what comes in its place', lasting, async () => {
  const models = ['journal', 'effects'] as const
  await using shipped = Stage.at('PostgreSQL', pair.url())
  await using changed = Stage.at('PostgreSQL', pair.url())
  await changed.change(oneHistory)
  const scenes = await Promise.all(
    [shipped, changed].map(async (stage) => {
      await stage.append(['a'], 3)
      const owner = await stage.started({ background: models })
      await owner.do('settle')
      return { stage, owner }
    }),
  )
  await pair.part()
  for (const { stage } of scenes) {
    const last = await stage.append(['lost'], lost)
    for (const model of models) await stage.passed(model, last)
  }
  await pair.failOver()
  for (const { stage, owner } of scenes) {
    await stage.append(['a', 'b'], lost)
    await owner.do('settle')
  }
  expect(first(await faultsAt(shipped.place, models))).toEqual([])
  // and that is seen
  expect(kindsOf(await faultsAt(changed.place, models))).toContain('journal missed')
})

const background = ['crossings', 'journal', 'effects'] as const

const life: LifeOptions = {
  inline: ['walks'],
  background,
  conduct: { slices: 2 },
}

test(
  'processes go on where a standby is promoted, and what they follow is what it has',
  lasting,
  async () => {
    await using stage = Stage.at('PostgreSQL', pair.url())
    const lives = [await stage.started(life), await stage.started(life)]
    for (let round = 0; round < amount(1, 20); round++) {
      await pair.complete()
      const walking = lives.map((one, index) =>
        one.do('walk', { walks: [`a-${round}-${index}`, `b-${round}-${index}`], upTo: 150 }),
      )
      await delay(200)
      await pair.part()
      await stage.passed('effects', await stage.append(['lost'], lost))
      await pair.failOver()
      const promoted = Date.now()
      for (const model of background) await stage.passed(model, await stage.append(['new']))
      tellFigure('who follows went on after', `${Date.now() - promoted} ms`)
      await Promise.all(walking)
      for (const one of lives) await one.do('settle')
    }
    expect(first(await faultsAt(stage.place, ['walks', ...background]))).toEqual([])
  },
)
