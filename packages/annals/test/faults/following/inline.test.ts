import { describe, expect, test } from 'vitest'
import { below } from '../postgres/caller.ts'
import { amount, lasting } from '../postgres/place.ts'
import { Gone, type Life } from './life.ts'
import type { LifeOptions } from './messages.ts'
import type { ModelName } from './models.ts'
import { kinds } from './place.ts'
import { Stage } from './stage.ts'
import { faultsAt, first } from './truth.ts'

const models: readonly ModelName[] = ['walks', 'crossings', 'journal']

/** Who keeps everything inline, who keeps some of it in the background, and who knows nothing of some of it. */
const programs: readonly LifeOptions[] = [
  { inline: models },
  { inline: models },
  { inline: ['crossings', 'journal'], background: ['walks'] },
  { inline: ['walks'], background: ['crossings', 'journal'] },
  { inline: ['crossings'] },
  { background: models },
]

function anyProgram(): LifeOptions {
  return programs[below(programs.length)] ?? {}
}

async function unlessKilled(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof Gone)) throw error
  })
}

/** Makes walks of its own, up to so many steps each. */
function walking(life: Life, name: string, upTo: number): Promise<void> {
  const walks = Array.from({ length: 4 }, (_, index) => `${name}-${index}`)
  return unlessKilled(life.do('start').then(() => life.do('walk', { walks, upTo })))
}

describe.concurrent.each(kinds)('on %s', (kind) => {
  test(
    'views that several processes write inline are what a fold of the log gives',
    lasting,
    async () => {
      await using stage = Stage.at(kind)
      const one = await stage.started({ inline: models })
      const two = await stage.started({ inline: models })
      const steps = amount(20, 200)
      await Promise.all([walking(one, 'one', steps), walking(two, 'two', steps)])
      expect(await stage.standing('crossings')).toMatchObject({ mode: 'inline' })
      expect(first(await faultsAt(stage.place, models))).toEqual([])
    },
  )

  test(
    'so they are where processes know other views, move them and are killed',
    lasting,
    async () => {
      for (let play = 0; play < amount(1, 20); play++) {
        await using stage = Stage.at(kind)
        const rounds = amount(3, 5)
        for (let round = 1; round <= rounds; round++) {
          const options = [{ inline: models }, anyProgram(), anyProgram()]
          const lives = options.map((each) => stage.begin({ ...each, ahead: round * 10_000 }))
          const done = lives.map((life, index) => walking(life, `walk-${index}`, round * 5))
          await Promise.race(done)
          await lives[below(3)]?.kill()
          await Promise.all(done)
          await Promise.all(lives.map((life) => unlessKilled(life.do('close'))))
        }
        const last = await stage.started({ background: models, ahead: (rounds + 1) * 10_000 })
        await last.do('settle')
        expect(first(await faultsAt(stage.place, models))).toEqual([])
      }
    },
  )
})
