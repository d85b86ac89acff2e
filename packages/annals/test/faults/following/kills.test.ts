import { describe, expect, test } from 'vitest'
import { amount, lasting } from '../postgres/place.ts'
import type { Fate } from './footsteps.ts'
import { Gone, type Life } from './life.ts'
import type { LifeOptions } from './messages.ts'
import type { ModelName } from './models.ts'
import { kinds } from './place.ts'
import { portSteps } from './ports.ts'
import { Stage } from './stage.ts'
import { faultsAt, first } from './truth.ts'

const models: readonly ModelName[] = ['walks', 'crossings', 'journal', 'effects']

const life: LifeOptions = {
  inline: ['walks'],
  background: ['crossings', 'journal', 'effects'],
  conduct: {
    slices: 2,
    fails: { models: ['crossings', 'journal', 'effects'], every: 7, until: 'tried' },
  },
}

type Where = Pick<Fate, 'step' | 'when' | 'call'>

const handlers = models.map((model) => `handle ${model}`)

/** Between any two calls of the ports, between handlers and what goes on around them, and between statements. */
const everywhere: readonly Where[] = [
  ...[...portSteps, ...handlers].flatMap((step) => places(step, amount(2, 4))),
  ...places('statement', amount(60, 160)),
]

function places(step: string, calls: number): readonly Where[] {
  return Array.from({ length: calls }, (_, index) => index + 1).flatMap((call) => [
    { step, when: 'before' as const, call },
    { step, when: 'after' as const, call },
  ])
}

/** All of a list, in an order of its own; a few in the short form, others each time. */
function some(list: readonly Where[]): readonly Where[] {
  const mixed = list
    .map((where) => ({ where, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ where }) => where)
  return mixed.slice(0, amount(6, list.length))
}

/** What a process does that nobody kills. */
async function live(one: Life, upTo: number): Promise<void> {
  await one.do('start')
  await one.do('walk', { walks: ['a', 'b', 'c'], upTo })
  await one.do('settle')
  await one.do('close')
}

describe.concurrent.each(kinds)('on %s', (kind) => {
  /** Lives one after the other, each killed at its place; gives at which of them it really was. */
  async function livesOf(stage: Stage, fates: readonly Where[]): Promise<readonly Where[]> {
    const struck: Where[] = []
    for (const [index, where] of fates.entries()) {
      // by a program that keeps nothing inline: what was, must turn again
      await stage.append(['strange', 'other'], 2)
      const fate: Fate = { ...where, signal: 'SIGKILL' }
      const one = stage.begin({ ...life, fate, ahead: (index + 1) * 10_000 })
      await live(one, (index + 1) * 4).catch((error: unknown) => {
        if (!(error instanceof Gone)) throw error
      })
      const end = await one.ended
      if (end === 'SIGKILL') struck.push(where)
      else if (end !== '0') throw new Error(end)
    }
    return struck
  }

  const together = 25

  test(
    'what is killed between any two steps handles everything after it, and in the store exactly once',
    lasting,
    async () => {
      const fates = some(everywhere)
      const struck: Where[] = []
      for (let from = 0; from < fates.length; from += together) {
        const chain = fates.slice(from, from + together)
        await using stage = Stage.at(kind)
        struck.push(...(await livesOf(stage, chain)))
        const last = stage.begin({ ...life, ahead: (together + 1) * 10_000 })
        await live(last, together * 4 + 1)
        expect(first(await faultsAt(stage.place, models)), JSON.stringify(chain)).toEqual([])
      }
      expect(struck.length).toBeGreaterThanOrEqual(fates.length / 2)
      const missed = fates.filter((where) => where.call === 1 && !struck.includes(where))
      expect(missed).toEqual([])
    },
  )
})
