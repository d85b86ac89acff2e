import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { lasting } from '../postgres/place.ts'
import { tellFigure } from './figures.ts'
import { journalAt } from './journal.ts'
import type { Life } from './life.ts'
import type { LifeOptions } from './messages.ts'
import type { ModelName } from './models.ts'
import { kinds } from './place.ts'
import { Stage } from './stage.ts'
import { effectsAt, faultsAt, first } from './truth.ts'

const models: readonly ModelName[] = ['walks', 'crossings', 'journal', 'effects']
const life: LifeOptions = { background: models }
const walks = ['a', 'b', 'c', 'd']

// what comes later than so many milliseconds after its owner ended comes too late
const takeover = 10_000

/** Waits until a model is run by another process. */
function replaced(stage: Stage, model: ModelName, owner: Life): Promise<Life> {
  return stage.until(`another owner of ${model}`, async () => {
    const other = await stage.ownerOf(model)
    return other === owner ? undefined : other
  })
}

describe.concurrent.each(kinds)('on %s', (kind) => {
  test('three processes run one processor and handle each event once', lasting, async () => {
    await using stage = Stage.at(kind)
    const [one, two, three] = await Promise.all([
      stage.started(life),
      stage.started(life),
      stage.started(life),
    ])
    await stage.appending(walks, async () => {
      await delay(500)
      await one.do('close')
      await delay(500)
      await two.do('close')
      await delay(500)
    })
    await three.do('settle')
    expect(first(await faultsAt(stage.place, models))).toEqual([])
  })

  test(
    'defect D7: an owner that was halted past its lease writes nothing when it wakes',
    lasting,
    async () => {
      await using stage = Stage.at(kind)
      const fate = { step: 'commit', when: 'before', call: 20, signal: 'SIGSTOP' } as const
      const halted = await stage.started({ ...life, fate })
      const [second] = await Promise.all([stage.started(life), stage.started(life)])
      await stage.appending(walks, async () => {
        for (const model of models) await replaced(stage, model, halted)
        halted.goOn()
        await delay(500)
      })
      await second.do('settle')
      const { errors } = await halted.report()
      expect(errors).toMatchObject({ 'commit: ANNALS_LEASE_LOST': expect.any(Number) as number })
      expect(first(await faultsAt(stage.place, models))).toEqual([])
    },
  )

  test('defect D6: an owner that is killed is replaced within ten seconds', lasting, async () => {
    await using stage = Stage.at(kind)
    const owner = await stage.started(life)
    const other = await stage.started(life)
    await stage.appending(walks, async () => {
      await delay(500)
      const killed = Date.now()
      await owner.kill()
      for (const model of models) await replaced(stage, model, owner)
      await stage.passed('journal', await stage.append(walks))
      const entries = [...(await journalAt(stage.place)), ...effectsAt(stage.place)]
      const firstOfOther = entries
        .filter(({ process }) => process === other.pid)
        .map(({ at }) => at)
      const took = Math.min(...firstOfOther) - killed
      expect(took).toBeLessThan(takeover)
      tellFigure(`${kind}: a killed owner was replaced after`, `${took} ms`)
    })
    await other.do('settle')
    expect(first(await faultsAt(stage.place, models))).toEqual([])
  })

  test(
    'an owner that renews in time is never replaced, however long its handlers take',
    lasting,
    async () => {
      await using stage = Stage.at(kind)
      const slow: LifeOptions = { background: ['effects'], conduct: { pace: 3_000 } }
      const owner = await stage.started(slow)
      await stage.append(['a', 'b'], 2)
      await stage.started(slow)
      for (const end = Date.now() + takeover; Date.now() < end; await delay(100))
        expect((await stage.standing('effects'))?.slices).toMatchObject([
          { token: 1, owner: expect.stringContaining(`:${owner.pid}:`) as string },
        ])
      await owner.do('settle')
      expect(effectsAt(stage.place)).toHaveLength(4)
    },
  )
})

// a file of SQLite is written by one at a time: whoever is halted then keeps all others out
test.concurrent(
  'on PostgreSQL, an owner that was halted with its page written is replaced, and writes nothing when it wakes',
  lasting,
  async () => {
    await using stage = Stage.at('PostgreSQL')
    // in its transaction, which is about to be committed
    const fate = { step: 'sql commit_page', when: 'after', call: 20, signal: 'SIGSTOP' } as const
    const halted = await stage.started({ background: ['journal'], fate })
    const other = await stage.started({ background: ['journal', 'effects'] })
    const last = await stage.appending(walks, async () => {
      await replaced(stage, 'journal', halted)
      return stage.append(walks)
    })
    await stage.passed('journal', last)
    await stage.passed('effects', last)
    halted.goOn()
    await other.do('settle')
    await halted.report()
    expect(first(await faultsAt(stage.place, ['journal', 'effects']))).toEqual([])
  },
)
