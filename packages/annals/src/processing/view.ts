import { InvalidError, misuse } from '../core/errors.ts'
import type { Event, EventOf, Events } from '../core/event.ts'
import { freeze, type Fold, type AsJson, type StateCodec } from '../core/fold.ts'
import { difference, toJson } from '../core/json.ts'
import { checkOptions } from '../core/options.ts'
import { checkName } from '../store/admission.ts'
import type { Document, DocumentChange, DocumentKey } from '../store/documents.ts'
import type { Position } from '../store/store.ts'
import {
  checkProcessorName,
  checkVersion,
  processorSettings,
  type Processor,
  type ProcessorOptions,
} from './processor.ts'
import { sortable, type Sortable } from './sortable.ts'

/** A read model of documents, one per key, kept by a fold. */
export interface View<S, Index extends string = string> extends Processor {
  readonly kind: 'view'
  readonly fold: Fold<Events, S>
  /** The fields that queries may ask for, each with an index. */
  readonly indexes: readonly Index[]
  /** The keys of the documents that an event changes. */
  readonly keysOf: (event: Event) => readonly string[]
  /** Whether there is a document for each stream, under its id. */
  readonly keyedByStream: boolean
}

// a view of any state
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyView = View<any>

/** What an event of a view is known by before it is recorded: it has no position, version or time yet. */
export type Keyed<E extends Event> = E extends Event
  ? Pick<E, 'type' | 'data' | 'stream' | 'tenant' | 'tags' | 'metadata'>
  : never

/** The fields of a state that can be searched by. */
export type SortableKey<S> = {
  [K in keyof S & string]: S[K] extends Sortable ? K : never
}[keyof S & string]

/** How a view is kept. */
export interface ViewOptions<E extends Events, S, Index extends string> extends ProcessorOptions {
  /**
   * The key of the document that an event changes, several keys, or none: `[]`. By default that of its stream. It
   * sees what is known before the event is recorded, since a view may be inline.
   */
  readonly by?: (event: Keyed<EventOf<E>>) => string | readonly string[]
  /** The fields of the state that queries may ask for. */
  readonly indexes?: readonly (Index & SortableKey<S>)[]
  /** Raised when `by` or `indexes` change: the documents are made anew. That of the fold counts besides. */
  readonly version?: number
}

/** Refuses a fold whose state JSON does not give back, unless it says how to keep it. */
export type KeptState<S> = [S] extends [AsJson<S>] ? unknown : { readonly state: StateCodec<S> }

/**
 * A materialized view: a document for each stream, or for each key that `by` gives, as the fold has it. Keep it by
 * naming it in `inline` or `background` of `annals`, and read it by `find`, `query` and `count`.
 *
 * @throws MisuseError `ANNALS_OPTION` for a name or an option that cannot be.
 */
export function view<E extends Events, S, const Index extends string = never>(
  name: string,
  fold: Fold<E, S> & KeptState<S>,
  options: ViewOptions<E, S, Index> = {},
): View<S, Index> {
  checkProcessorName('view', name)
  checkOptions(`view ${name}`, options, ['by', 'indexes', 'version', 'slices', 'retry'])
  const { by, indexes = [], version = 1 } = options
  checkVersion(`view ${name}`, version)
  if (by !== undefined && typeof by !== 'function')
    misuse(`view ${name}: by takes a function from an event to a key`)
  checkIndexes(name, indexes)
  // queries and loops know a fold by what all folds have
  const plain: Fold<E, S> = fold
  return Object.freeze({
    kind: 'view',
    name,
    version: `${plain.version}.${version}`,
    fold: plain as unknown as Fold<Events, S>,
    events: plain.events,
    // `by` may find documents for events that the fold leaves as they are: they change nothing
    types: plain.types,
    indexes,
    keysOf: by ? keysBy(name, by as (event: never) => unknown) : ({ stream }: Event) => [stream.id],
    keyedByStream: by === undefined,
    ...processorSettings(`view ${name}`, options),
  })
}

function checkIndexes(name: string, indexes: readonly string[]): void {
  const given: readonly unknown[] = Array.isArray(indexes) ? indexes : [indexes]
  if (!Array.isArray(indexes) || given.some((index) => typeof index !== 'string'))
    misuse(`view ${name}: indexes takes a list of fields of the state`)
  if (new Set(given).size < given.length) misuse(`view ${name}: an index is named twice`)
  for (const index of given)
    if (operators.has(index as string))
      misuse(`view ${name}: ${String(index)} means something else in queries`)
}

const operators = new Set(['and', 'or', 'not'])

function keysBy(name: string, by: (event: never) => unknown): (event: Event) => readonly string[] {
  return (event) => {
    const given = by(event as never) // of the fold's own set
    const keys: readonly unknown[] = Array.isArray(given) ? given : [given]
    for (const key of keys) {
      if (typeof key !== 'string')
        misuse(
          `view ${name}: by gave ${String(key)} for ${event.type}; it gives a text, several, or []`,
        )
      checkName(`key of the view ${name}`, key)
    }
    return [...new Set(keys as readonly string[])]
  }
}

/** The state of a document: the first one where there is no document yet. */
export function stateOf<S>({ fold, name }: View<S>, document: Document | undefined): S {
  if (!document) return fold.initial
  const kept: unknown = JSON.parse(document.state)
  if (!fold.state) return kept as S // only `documentOf` writes it, and it checks that JSON gives it back
  try {
    return fold.state.decode(kept)
  } catch (error) {
    throw new InvalidError(
      'ANNALS_NOT_JSON',
      `the document ${document.key} of the view ${name}`,
      [
        {
          path: '',
          message: 'the state of its fold cannot be decoded; raise the version of the fold',
        },
      ],
      { cause: error },
    )
  }
}

/**
 * A document as a store keeps it.
 *
 * @throws InvalidError `ANNALS_NOT_JSON` for a state that JSON does not give back.
 */
export function documentOf<S>(
  { name, fold, indexes }: View<S>,
  { tenant, key }: DocumentKey,
  state: S,
  position: Position,
): DocumentChange {
  const subject = `the document ${key} of the view ${name}`
  const kept: unknown = fold.state ? fold.state.encode(state) : state
  const { text, exact } = toJson(kept, subject)
  if (!exact) {
    const path = difference(kept, JSON.parse(text))
    if (path !== undefined)
      throw new InvalidError('ANNALS_NOT_JSON', subject, [
        { path, message: 'JSON does not give it back; give the fold a `state` that encodes it' },
      ])
  }
  const fields = indexes.map((index) =>
    sortable((state as Readonly<Record<string, Sortable>>)[index], `${index} of ${subject}`),
  )
  return { tenant, key, state: text, fields, position }
}

/** The state of a document after one more event; the event is passed where the document has seen it. */
export function folded<S>({ fold, name }: View<S>, state: S, event: Event): S {
  const next: unknown = fold.apply(state, event)
  if (next instanceof Promise) {
    next.catch(() => undefined)
    misuse(`view ${name}: the fold gives a promise for ${event.type}; folds are synchronous`)
  }
  return freeze(next as S)
}
