import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { amount, lasting } from '../postgres/place.ts'
import { tellFigure } from './figures.ts'
import { kinds } from './place.ts'
import { Stage } from './stage.ts'

describe.concurrent.each(kinds)('on %s', (kind) => {
  test(
    'twenty processors of one process hardly do anything while nothing happens',
    lasting,
    async () => {
      await using stage = Stage.at(kind)
      await stage.append(['past'], 10)
      const life = await stage.started({ idle: 20 })
      await delay(1_500) // until they have come to rest
      const seconds = amount(3, 10)
      const before = await life.report()
      await delay(seconds * 1_000)
      const after = await life.report()
      const perSecond = (step: string) =>
        ((after.counts[step] ?? 0) - (before.counts[step] ?? 0)) / seconds
      const cpu = (after.cpu - before.cpu) / seconds / 10
      tellFigure(
        `${kind}: 20 idle processors:`,
        `${perSecond('statement')} statements/s, ${cpu} % CPU`,
      )
      expect(perSecond('tend')).toBeLessThan(1)
      // those to a file reach no server
      expect(perSecond('statement')).toBeLessThan(kind === 'SQLite' ? Infinity : 10)
      // on the machine of the short form others work beside it
      expect(cpu).toBeLessThan(amount(100, 2))
    },
  )
})
