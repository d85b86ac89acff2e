import { finished, inOrder } from '../core/awaitable.ts'
import type { Event } from '../core/event.ts'
import { RecordedEvent } from '../core/recorded-event.ts'
import type { Undelivered } from '../store/appending.ts'
import { restore } from '../store/codec.ts'
import type { Inline, InlineChange, InlineKey } from '../store/ledger.ts'
import type { Position, StoredEvent } from '../store/store.ts'
import { changedBy, type Touch } from './changing.ts'
import type { Processor } from './processor.ts'
import type { Projection } from './projection.ts'
import type { AnyView } from './view.ts'

/**
 * What events on their way do to the read models that are inline, and which of these the store had the append keep: what another
 * process does not keep follows, until its slices have caught up.
 */
export class InlineWork implements Inline {
  readonly models: readonly Processor<unknown>[]
  readonly documents: readonly InlineKey[]
  readonly change: Inline['change']
  readonly own: Inline['own']
  readonly #views: readonly Placed[]
  #done: { readonly position: Position; readonly kept: ReadonlySet<number> } | undefined

  constructor(
    models: readonly Processor<unknown>[],
    undelivered: readonly Undelivered[],
    tenant: string,
  ) {
    const data = new Map(undelivered.map(({ draft, data: value }) => [draft.id, value]))
    const recorded = (stored: StoredEvent): Event => restore(stored, data.get(stored.id))
    this.models = models
    this.#views = models.flatMap((model, place) =>
      model.kind === 'view' ? [{ place, view: model as AnyView }] : [],
    )
    this.documents = this.#views.flatMap((placed) => keysOf(placed, undelivered, tenant))
    this.change = (events, kept, before) => {
      this.#done = { position: events.at(-1)?.position ?? 0, kept }
      return this.#views
        .filter(({ place }) => kept.has(place))
        .flatMap((placed) => changesOf(placed, events.map(recorded), before))
    }
    this.own = models.flatMap((model, place) =>
      model.kind === 'projection'
        ? ownWork(model as Projection<unknown>, { place, undelivered, recorded })
        : [],
    )
  }

  /** Views with documents that the append, recorded at a position, would have changed and did not: they follow. */
  unkept(position: Position): readonly AnyView[] {
    // of an attempt that was made before, and came to nothing, the positions are others
    const kept = this.#done?.position === position ? this.#done.kept : new Set<number>()
    const touched = new Set(this.documents.map(({ model }) => model))
    return this.#views
      .filter(({ place }) => touched.has(place) && !kept.has(place))
      .map(({ view }) => view)
  }
}

/** A view, and its place among the models. */
interface Placed {
  readonly place: number
  readonly view: AnyView
}

interface OwnParts {
  readonly place: number
  readonly undelivered: readonly Undelivered[]
  readonly recorded: (stored: StoredEvent) => Event
}

function ownWork(
  { types, react }: Projection<unknown>,
  { place, undelivered, recorded }: OwnParts,
): Inline['own'] {
  if (!undelivered.some(({ draft }) => types.includes(draft.type))) return []
  return [
    {
      model: place,
      // at once where the handlers are: a store whose driver is synchronous waits for nobody
      run: (events, context) => {
        const mine = events.filter(({ type }) => types.includes(type)).map(recorded)
        return finished(inOrder(mine, (event) => react(event, context)))
      },
    },
  ]
}

// an event on its way has no place and no time yet, and `by` does not see them
function keysOf(
  { place: model, view }: Placed,
  undelivered: readonly Undelivered[],
  tenant: string,
): readonly InlineKey[] {
  const keys = new Map<string, InlineKey>()
  for (const { draft, data } of undelivered) {
    if (!view.types.includes(draft.type)) continue
    const { id, stream, tags, metadata } = draft
    const envelope = {
      id,
      tenant,
      stream,
      tags,
      metadata,
      version: 0,
      position: 0,
      at: new Date(0),
    }
    for (const key of view.keysOf(new RecordedEvent(draft.type, data, envelope)))
      keys.set(key, { model, tenant, key })
  }
  return [...keys.values()]
}

function changesOf(
  { place: model, view }: Placed,
  events: readonly Event[],
  before: Parameters<Inline['change']>[2],
): readonly InlineChange[] {
  const touches = events
    .filter(({ type }) => view.types.includes(type))
    .flatMap((event) =>
      view.keysOf(event).map((key): Touch => ({ event, tenant: event.tenant, key })),
    )
  return changedBy(view, touches, (key) => before({ ...key, model })).map((change) => ({
    ...change,
    model,
  }))
}
