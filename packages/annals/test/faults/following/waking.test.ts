import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { serverUrl } from '../../postgres-place.ts'
import { amount, lasting } from '../postgres/place.ts'
import { Proxy } from '../postgres/proxy.ts'
import { tellFigure } from './figures.ts'
import { kinds } from './place.ts'
import { Stage } from './stage.ts'
import { effectsAt } from './truth.ts'

// in milliseconds: what nobody announced is found by asking four times a second; the rest is for a slow machine
const found = 1_000

/** How late the events of some appends are handled, in milliseconds: the worst of them. */
async function lateness(stage: Stage, appends: number): Promise<number> {
  let worst = 0
  for (let count = 0; count < appends; count++) {
    await delay(50 + Math.random() * 300)
    const handled = effectsAt(stage.place).length
    await stage.append(['late'])
    const appended = Date.now()
    const last = await stage.until('the effect', () =>
      Promise.resolve(effectsAt(stage.place)[handled]),
    )
    worst = Math.max(worst, last.at - appended)
  }
  return worst
}

describe('events that nobody is told of', () => {
  test.each(['swallow', 'cut'] as const)(
    'are handled soon where the line to listen on is lost: %s',
    lasting,
    async (how) => {
      await using proxy = await Proxy.before(Number(new URL(serverUrl).port))
      await using stage = Stage.at('PostgreSQL')
      const life = await stage.started({ background: ['effects'], listen: proxy.url('test') })
      const before = await lateness(stage, amount(3, 20))
      proxy[how]()
      const after = await lateness(stage, amount(5, 50))
      tellFigure(`handled at the latest: told ${before} ms, ${how}:`, `${after} ms`)
      expect(after).toBeLessThan(found)
      proxy.heal()
      await life.kill()
    },
  )
})

describe.each(kinds)('on %s', (kind) => {
  test(
    'whoever waits for a position finds what another process has made of it',
    lasting,
    async () => {
      await using stage = Stage.at(kind)
      const background = ['walks', 'crossings'] as const
      const asker = stage.begin({ background })
      const early = await asker.do('walk', { walks: ['mine'], upTo: 1 })
      await expect(
        asker.do('find', { view: 'walks', key: 'mine', after: early, timeout: '50ms' }),
      ).rejects.toMatchObject({ code: 'ANNALS_REBUILDING' })
      await stage.started({ background })
      for (let step = 1; step <= amount(20, 500); step++) {
        const after = await asker.do('walk', { walks: ['mine'], upTo: step })
        expect(await asker.do('find', { view: 'walks', key: 'mine', after })).toMatchObject({
          steps: step,
        })
        // numbers that end with 0, 1, 5 or 6
        const crossed = Math.floor(step / 5) + Math.floor((step + 4) / 5)
        expect(await asker.do('find', { view: 'crossings', key: 'way-1', after })).toMatchObject({
          steps: crossed,
        })
      }
    },
  )

  test('a handler that never returns delays no append', lasting, async () => {
    await using stage = Stage.at(kind)
    const steps = amount(50, 500)
    const took = async (pace: number, walk: string) => {
      const life = await stage.started({ background: ['effects'], conduct: { pace } })
      await life.do('walk', { walks: [walk], upTo: 1 })
      const began = performance.now()
      await life.do('walk', { walks: [walk], upTo: steps })
      const time = performance.now() - began
      expect((await life.report()).counts['handle effects']).toBeGreaterThan(0)
      await life.kill()
      return time
    }
    const never = await took(-1, 'b')
    tellFigure(`${kind}: an append beside a handler that never returns:`, `${never / steps} ms`)
    expect(never).toBeLessThan(steps * 100)
    expect(effectsAt(stage.place)).toEqual([])
  })
})
