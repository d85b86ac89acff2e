import { z } from 'zod'
import { aggregate } from '../../../src/core/aggregate.ts'
import { events, type EventOf } from '../../../src/core/event.ts'
import { fold } from '../../../src/core/fold.ts'

/** What happens: walks of numbered steps, each of which crosses some ways. */
export const WalkEvents = events({
  Stepped: z.object({ number: z.number().int(), ways: z.array(z.string()) }),
  Rested: z.object({}),
  Fell: z.object({}),
})

/** Some steps in their order. */
export interface Trail {
  readonly steps: number
  /** Another one for other steps, and for the same in another order. */
  readonly digest: number
}

export const noTrail: Trail = { steps: 0, digest: 0 }

/** A trail with one step more, of the walk and the number. */
export function trailAfter({ steps, digest }: Trail, walk: string, number: number): Trail {
  let next = digest
  const text = `${walk}/${number}`
  for (let index = 0; index < text.length; index++)
    next = (next * 31 + text.charCodeAt(index)) % 1_000_000_007
  return { steps: steps + 1, digest: next }
}

/** A step as handlers see it. */
export type Step = EventOf<typeof WalkEvents, 'Stepped'>

/** The ways that a step crosses: few of them, so that all walks cross the same. */
export function waysOf(number: number): string[] {
  return [`way-${number % 5}`, `way-${(number + 1) % 5}`]
}

/** A walk that is made step by step, up to as many as are wanted: whoever asks again adds nothing. */
export const Walk = aggregate(
  'walk',
  fold(WalkEvents, { initial: { steps: 0 }, Stepped: ({ steps }) => ({ steps: steps + 1 }) }),
  {
    goOn: ({ steps }, upTo: number) => {
      if (steps >= upTo) return []
      const number = steps + 1
      return WalkEvents.Stepped({ number, ways: waysOf(number) })
    },
  },
)
