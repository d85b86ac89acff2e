import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Cluster } from '../postgres/cluster.ts'
import { amount, lasting } from '../postgres/place.ts'
import { Proxy } from '../postgres/proxy.ts'
import type { LifeOptions } from './messages.ts'
import type { ModelName } from './models.ts'
import { Stage } from './stage.ts'
import { faultsAt, first } from './truth.ts'

let cluster: Cluster

beforeAll(async () => {
  cluster = await Cluster.make()
})

afterAll(() => cluster[Symbol.asyncDispose]())

const models: readonly ModelName[] = ['walks', 'crossings', 'journal', 'effects']

const life: LifeOptions = {
  inline: ['walks'],
  background: ['crossings', 'journal', 'effects'],
  conduct: { slices: 2 },
}

test(
  'a server that restarts under load loses and doubles nothing for those that follow',
  lasting,
  async () => {
    await using stage = Stage.at('PostgreSQL', cluster.url())
    const lives = [await stage.started(life), await stage.started(life)]
    let length = 0
    for (let round = 0; round < amount(1, 20); round++)
      for (const ending of ['immediate', 'fast'] as const) {
        length += 80
        const walking = lives.map((one, index) =>
          one.do('walk', { walks: [`a-${index}`, `b-${index}`], upTo: length }),
        )
        await delay(200)
        await cluster.restart(ending)
        await Promise.all(walking)
      }
    for (const one of lives) {
      await one.do('settle')
      expect((await one.report()).errors).not.toEqual({}) // it was in the middle of something
    }
    expect(first(await faultsAt(stage.place, models))).toEqual([])
  },
)

test(
  'a network that breaks while pages are committed loses and doubles nothing for those that follow',
  lasting,
  async () => {
    await using proxy = await Proxy.before(cluster.port)
    await using stage = Stage.at('PostgreSQL', cluster.url())
    const one = await stage.started({ ...life, through: proxy.url() })
    let length = 0
    for (let round = 0; round < amount(1, 20); round++)
      for (const statement of ['commit_page(', 'commit\0', 'insert into', 'append_event'])
        for (const reach of ['unsent', 'sent', 'done'] as const) {
          length += 5
          const broken = proxy.breakNext(reach, statement)
          await one.do('walk', { walks: ['a', 'b'], upTo: length })
          await broken
        }
    await one.do('settle')
    expect(first(await faultsAt(stage.place, models))).toEqual([])
  },
)
