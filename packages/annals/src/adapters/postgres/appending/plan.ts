import type { ProcessorName } from '../../../store/ledger.ts'
import type { Append, StreamGuard, StreamName } from '../../../store/store.ts'
import { texts } from '../parameters.ts'
import { locksOf, withStoreLocks } from './locks.ts'

/** An append with what is derived from it once. */
export interface Planned {
  readonly append: Append
  /** Every stream that is written, guarded, or has a `once` key, each once. */
  readonly streams: readonly TouchedStream[]
  readonly locks: ReadonlyMap<string, boolean>
  /** The models that its process keeps inline, as `append_events` takes them; null for none. */
  readonly keeps: string | null
}

/** An append on its way. */
export interface Sent extends Planned {
  /** Whether it may have been committed already, so that its ids are looked for first. */
  readonly again: boolean
  /** Whether what is inline in the store, and not kept by its process, follows from here on. */
  readonly handsOver: boolean
}

/** A stream of an append, and what it must be like. */
export interface TouchedStream extends StreamName {
  readonly key: string
  readonly guards: readonly StreamGuard[]
}

/** What is derived from an append. */
export function planned(append: Append): Planned {
  return {
    append,
    streams: touchedBy(append),
    locks: locksOf(append),
    keeps: keptBy(append.inline?.models ?? []),
  }
}

/** An append with all that it needs to hand over what its process does not keep inline. */
export function handingOver<One extends Sent>(sent: One): One {
  return { ...sent, handsOver: true, locks: withStoreLocks(sent.locks) }
}

/** Whether it may change models that are inline, and so needs a transaction around it. */
export function changesModels({ append: { inline } }: Planned): boolean {
  return inline !== undefined && inline.documents.length + inline.own.length > 0
}

// a process has one list, made once
const lists = new WeakMap<readonly ProcessorName[], string>()

function keptBy(models: readonly ProcessorName[]): string | null {
  if (models.length === 0) return null
  const known = lists.get(models)
  if (known !== undefined) return known
  const list = texts(models.map(({ name, version }) => `${name}/${version}`))
  lists.set(models, list)
  return list
}

/** Whether an append has what few have, so that it is decided after those that have none. */
export function hasRules({ append: { once = [], guard }, again }: Sent): boolean {
  return again || once.length > 0 || guard?.decision !== undefined
}

function touchedBy({ drafts, guard, once = [] }: Append): readonly TouchedStream[] {
  const touched = new Map<string, TouchedStream & { readonly guards: StreamGuard[] }>()
  const touch = ({ category, id }: StreamName): StreamGuard[] => {
    const key = keyOf({ category, id })
    const stream = touched.get(key) ?? { key, category, id, guards: [] }
    touched.set(key, stream)
    return stream.guards
  }
  for (const { stream } of drafts) touch(stream)
  for (const stream of guard?.streams ?? []) touch(stream).push(stream)
  for (const { stream } of once) touch(stream)
  return [...touched.values()]
}

/** One number for the guards of a stream: -1 takes any version, -2 at least 1, -3 none at all. */
export function expectedOf({ guards }: TouchedStream): number {
  const expected = new Set(
    guards.map(({ version }) => (version === 'none' ? 0 : version === 'some' ? -2 : version)),
  )
  const [only] = expected
  if (only === undefined) return -1
  if (expected.size === 1) return only
  // an exact version that is at least 1 is some; two exact versions cannot both hold
  const [exact = 0, ...others] = [...expected].filter((version) => version >= 0)
  return others.length === 0 && exact > 0 ? exact : -3
}

/** A text for a stream, which no other stream of its tenant has. */
export function keyOf({ category, id }: StreamName): string {
  return `${category}\0${id}`
}
