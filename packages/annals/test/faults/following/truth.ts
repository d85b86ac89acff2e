import { existsSync, readFileSync } from 'node:fs'
import { annals } from '../../../src/annals.ts'
import type { StoredEvent } from '../../../src/store/store.ts'
import { journalAt } from './journal.ts'
import { Footsteps } from './footsteps.ts'
import { effectsFile, modelsOf, type ModelName, type ViewName } from './models.ts'
import { storeAt, type Place } from './place.ts'
import { noTrail, trailAfter, type Trail } from './walk.ts'

/**
 * `missed`: an event that was not handled. `twice`: one that was, more than once. `inverted`: after a later one. `stray`: one
 * that is not in the log.
 */
export type FaultKind = 'missed' | 'twice' | 'inverted' | 'stray' | 'wrong'

/** Something that a model must not be like. */
export interface Fault {
  readonly kind: FaultKind
  readonly model: ModelName
  readonly what: string
}

/** A step of the log. */
interface LoggedStep {
  readonly id: string
  readonly walk: string
  readonly number: number
  readonly ways: readonly string[]
}

/** A step as somebody handled it. */
export interface HandledStep {
  readonly id: string
  readonly walk: string
  readonly number: number
  readonly process: number
  readonly at: number
}

/** What is wrong with some models of a place, when all of the log is handled. */
export async function faultsAt(
  place: Place,
  models: readonly ModelName[],
): Promise<readonly Fault[]> {
  const steps = await stepsAt(place)
  const found: Fault[] = []
  for (const model of models) {
    if (model === 'journal') found.push(...faultsOf(model, steps, await journalAt(place)))
    if (model === 'effects') found.push(...faultsOf(model, steps, effectsAt(place)))
    if (model === 'walks' || model === 'crossings')
      found.push(...(await documentFaults(place, model, steps)))
  }
  return found
}

/** The kinds of some faults, each once, with whose they are. */
export function kindsOf(faults: readonly Fault[]): readonly string[] {
  return [...new Set(faults.map(({ kind, model }) => `${model} ${kind}`))]
}

/** The first faults: the others often follow from them. */
export function first(faults: readonly Fault[]): readonly Fault[] {
  return faults.slice(0, 5)
}

/** The steps of the log, in its order. */
async function stepsAt(place: Place): Promise<readonly LoggedStep[]> {
  await using store = storeAt(place)
  const steps: LoggedStep[] = []
  const query = { tenant: undefined, filters: [{ types: ['Stepped'] }] }
  for await (const page of store.read(query, { unsettled: true })) steps.push(...page.map(stepOf))
  return steps
}

function stepOf({ id, stream, data }: StoredEvent): LoggedStep {
  const { number, ways } = JSON.parse(data) as Pick<LoggedStep, 'number' | 'ways'>
  return { id, walk: stream.id, number, ways }
}

/** The effects of a place, in the order in which they came. */
export function effectsAt(place: Place): readonly HandledStep[] {
  const file = effectsFile(place)
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [id, walk, number, process, at] = line.split(' ')
      if (id === undefined || walk === undefined || at === undefined) return []
      return [{ id, walk, number: Number(number), process: Number(process), at: Number(at) }]
    })
}

/** Each step once, of each walk in order; of effects repeats are passed over, and those of a log that was lost. */
function faultsOf(
  model: 'journal' | 'effects',
  steps: readonly LoggedStep[],
  handled: readonly HandledStep[],
): readonly Fault[] {
  const logged = new Set(steps.map(({ id }) => id))
  const seen = new Set<string>()
  const last = new Map<string, number>()
  const faults: Fault[] = []
  const note = (kind: FaultKind, { walk, number }: Pick<HandledStep, 'walk' | 'number'>) =>
    faults.push({ kind, model, what: `${walk}/${number}` })
  for (const step of handled) {
    const { id, walk, number } = step
    if (!logged.has(id)) {
      if (model === 'journal') note('stray', step)
      continue
    }
    if (seen.has(id)) {
      if (model === 'journal') note('twice', step)
      continue
    }
    seen.add(id)
    if (number <= (last.get(walk) ?? 0)) note('inverted', step)
    last.set(walk, number)
  }
  for (const step of steps) if (!seen.has(step.id)) note('missed', step)
  return faults
}

/** The documents are what a fold of the log gives. */
async function documentFaults(
  place: Place,
  model: ViewName,
  steps: readonly LoggedStep[],
): Promise<readonly Fault[]> {
  const right = new Map<string, Trail>()
  for (const { walk, number, ways } of steps)
    for (const key of model === 'walks' ? [walk] : ways)
      right.set(key, trailAfter(right.get(key) ?? noTrail, walk, number))
  const found = await documentsAt(place, model)
  return [...new Set([...right.keys(), ...found.keys()])].flatMap((key) => {
    const [one, other] = [JSON.stringify(right.get(key)), JSON.stringify(found.get(key))]
    return one === other ? [] : [{ kind: 'wrong', model, what: `${key}: ${other}, not ${one}` }]
  })
}

/** The documents of a view, by their keys. */
export async function documentsAt(
  place: Place,
  model: ViewName,
): Promise<ReadonlyMap<string, Trail>> {
  const view = modelsOf({ place, conduct: {}, footsteps: new Footsteps(undefined) })[model]
  await using app = annals<unknown>({ store: storeAt(place), background: [view] })
  const documents = new Map<string, Trail>()
  let after: string | undefined
  do {
    const page = await app.query(view, { limit: 1_000, ...(after !== undefined && { after }) })
    for (const { key, state } of page.documents) documents.set(key, state)
    after = page.next
  } while (after !== undefined)
  return documents
}
