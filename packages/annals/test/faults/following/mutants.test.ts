import { describe, expect, test } from 'vitest'
import { mutants } from './mutants.ts'
import { kinds } from './place.ts'
import { schedules, type Schedule } from './schedules.ts'
import { Stage } from './stage.ts'

describe.concurrent.each(kinds)('on %s', (kind) => {
  const played = new Set(Object.values(mutants[kind]).map(({ schedule }) => schedule))

  test.each([...played])('nothing is wrong where %s', async (name) => {
    const schedule: Schedule = schedules[name]
    await using stage = Stage.at(kind)
    expect(await schedule(stage, {})).toEqual([])
  })

  test.each(Object.entries(mutants[kind]))(
    'a schedule shows a store that %s',
    async (_, mutant) => {
      const { schedule, lacking, sql, shows } = mutant
      await using stage = Stage.at(kind)
      if (sql !== undefined) await stage.change(sql)
      expect(await schedules[schedule](stage, lacking)).toContain(shows)
    },
  )
})
