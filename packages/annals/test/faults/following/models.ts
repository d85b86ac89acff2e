import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import type { EventOf } from '../../../src/core/event.ts'
import { fold } from '../../../src/core/fold.ts'
import type { Processor } from '../../../src/processing/processor.ts'
import { subscription } from '../../../src/processing/subscription.ts'
import { view, type Keyed, type View } from '../../../src/processing/view.ts'
import type { Footsteps } from './footsteps.ts'
import { journal } from './journal.ts'
import type { Place } from './place.ts'
import { noTrail, trailAfter, WalkEvents, type Step, type Trail } from './walk.ts'

/**
 * `walks`, a view of each stream; `crossings`, a view of several keys for each event; `journal`, a projection of a table that
 * has a row for each event; `effects`, a subscription that writes each event into a file; `rests` and `falls`,
 * subscriptions to what happens seldom, and never.
 */
export type ModelName = ViewName | 'journal' | 'effects' | 'rests' | 'falls'

export type ViewName = 'walks' | 'crossings'

/** How the models behave. */
export interface Conduct {
  readonly slices?: number
  /** How long `effects` takes for an event, in milliseconds; for ever with -1. */
  readonly pace?: number
  readonly fails?: Failing
}

/** Which events fail, and for how long. */
export interface Failing {
  readonly models: readonly ModelName[]
  /** Every so many steps of a walk there is one that fails. */
  readonly every: number
  /** Until this process has tried it once, or until somebody has mended the place. */
  readonly until: 'tried' | 'mended'
  /** How often it is tried before it waits for a person. */
  readonly attempts?: number
}

/** What the models work with. */
export interface ModelParts {
  readonly place: Place
  readonly conduct: Conduct
  readonly footsteps: Footsteps
}

/** The file that `effects` writes. */
export function effectsFile({ folder }: Place): string {
  return join(folder, 'effects')
}

/** The file whose presence says that what failed has been mended. */
export function mendedFile({ folder }: Place): string {
  return join(folder, 'mended')
}

/** The models, by their names. */
export type Models = Readonly<Record<ModelName, Processor<unknown>>> &
  Readonly<Record<ViewName, View<Trail>>>

/** The models that there are. */
export function modelsOf(parts: ModelParts): Models {
  const { conduct, place } = parts
  const { slices = 1, fails } = conduct
  const retry = { attempts: fails?.attempts ?? 8, backoff: '20ms', max: '200ms' } as const
  return {
    walks: trails('walks', parts, {}),
    crossings: trails('crossings', parts, {
      by: (event) => (event.type === 'Stepped' ? event.data.ways : []),
    }),
    journal: journal(place, { slices, retry, handle: handler('journal', parts) }),
    effects: subscription('effects', WalkEvents, {
      slices,
      retry,
      Stepped: effect(parts),
    }),
    rests: subscription('rests', WalkEvents, {
      Rested: (event) => written(place, `rested ${event.position}`),
    }),
    falls: subscription('falls', WalkEvents, { Fell: () => written(place, 'fell') }),
  }
}

/** Views that have nothing to do, so many. */
export function idleModels(count: number): readonly Processor<unknown>[] {
  const nothing = fold(WalkEvents, { initial: {}, Fell: (state) => state })
  return Array.from({ length: count }, (_, index) => view(`idle-${index}`, nothing))
}

function trails(
  name: ViewName,
  parts: ModelParts,
  options: { readonly by?: (event: Keyed<EventOf<typeof WalkEvents>>) => string[] },
): View<Trail> {
  const handle = handler(name, parts)
  const trailFold = fold(WalkEvents, {
    initial: noTrail,
    Stepped: (trail, { number }, event) =>
      handle(event, () => trailAfter(trail, event.stream.id, number)),
  })
  const { slices = 1 } = parts.conduct
  return view(name, trailFold, { ...options, indexes: ['steps'], slices })
}

/** Handles an event, as one step of the process; throws where it is to fail. */
export type Handler = <Result>(event: Step, work: () => Result) => Result

function handler(name: ModelName, { conduct, footsteps, place }: ModelParts): Handler {
  const failed = new Set<string>()
  const { fails } = conduct
  const check = ({ id, data }: Step) => {
    if (!fails?.models.includes(name) || data.number % fails.every !== 0) return
    if (fails.until === 'mended' ? existsSync(mendedFile(place)) : failed.has(id)) return
    failed.add(id)
    throw new Error(`${name} cannot take step ${data.number}`)
  }
  return (event, work) =>
    footsteps.take(`handle ${name}`, () => {
      check(event)
      return work()
    })
}

function effect(parts: ModelParts): (event: Step) => unknown {
  const { place, conduct } = parts
  const handle = handler('effects', parts)
  const pace = conduct.pace ?? 0
  const write = ({ id, stream, data }: Step) =>
    written(place, `${id} ${stream.id} ${data.number} ${process.pid} ${Date.now()}`)
  return (event) =>
    handle(event, async () => {
      if (pace < 0) await new Promise(() => undefined)
      else if (pace > 0) await delay(pace)
      write(event)
    })
}

// whole lines, whoever else writes at the same time
function written(place: Place, line: string): void {
  appendFileSync(effectsFile(place), `${line}\n`)
}
