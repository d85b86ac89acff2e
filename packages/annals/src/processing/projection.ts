import { misuse } from '../core/errors.ts'
import type { Event, EventOf, Events } from '../core/event.ts'
import {
  checkProcessorName,
  checkVersion,
  processorSettings,
  type Processor,
  type ProcessorOptions,
} from './processor.ts'
import { handlersOf, type Reactions } from './subscription.ts'

/** A read model that its author writes, in tables of its own, in the transaction of the store. */
export interface Projection<StoreTx> extends Processor<StoreTx> {
  readonly kind: 'projection'
  readonly setup: ((context: ProjectionContext<unknown>) => unknown) | undefined
  readonly queueOf: ((event: Event) => string) | undefined
  readonly react: (event: Event, context: ProjectionContext<unknown>) => unknown
}

/** What a handler of a projection has besides its event; `Tx` is as its store gives it. */
export interface ProjectionContext<Tx> {
  /** The transaction in which the event is recorded, or the checkpoint moves: all of it commits, or nothing. */
  readonly tx: Tx
  /** The full name of a table of this version: two versions of a projection have tables of their own. */
  readonly table: (name: string) => string
}

/** How a projection is made and run; `Tx` is as its store gives it. */
export interface ProjectionOptions<E extends Events, Tx> extends ProcessorOptions {
  /** Makes its tables; run once, before the first event. */
  readonly setup?: (tx: Tx, context: Pick<ProjectionContext<Tx>, 'table'>) => unknown
  /** Raised when its tables or its handlers change: it is made anew, in tables of its own. */
  readonly version?: number
  /** What is one queue, by default the stream: an event that fails keeps the later ones of its queue waiting. */
  readonly by?: (event: EventOf<E>) => string
}

/** The definition of a projection: a handler for each event type, and its options. */
export type ProjectionDefinition<E extends Events, Tx> = Reactions<E, ProjectionContext<Tx>> &
  ProjectionOptions<E, Tx>

const settings = ['setup', 'version', 'by', 'retry', 'slices']

/** Makes the projection of a store, whose adapter gives handlers an `OwnTx`. */
export function projectionOf<E extends Events, OwnTx, StoreTx>(
  name: string,
  events: E,
  definition: ProjectionDefinition<E, OwnTx>,
): Projection<StoreTx> {
  checkProcessorName('projection', name)
  const { setup, version = 1, by } = definition
  checkVersion(`projection ${name}`, version)
  for (const [option, value] of Object.entries({ setup, by }))
    if (value !== undefined && typeof value !== 'function')
      misuse(`projection ${name}: ${option} takes a function`)
  const handlers = handlersOf<ProjectionContext<unknown>>(
    `projection ${name}`,
    events,
    definition,
    settings,
  )
  return Object.freeze({
    kind: 'projection',
    name,
    version: String(version),
    events,
    types: [...handlers.keys()],
    // its own adapter hands it what its author expects
    setup: setup && ((context) => setup(context.tx as OwnTx, context)),
    queueOf: by as ((event: Event) => string) | undefined,
    react: (event, context) => handlers.get(event.type)?.(event, context),
    ...processorSettings(`projection ${name}`, definition),
  } satisfies Projection<StoreTx>)
}
