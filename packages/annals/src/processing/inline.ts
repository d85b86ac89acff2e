import { finished, inOrder } from '../core/awaitable.ts'
import type { Event } from '../core/event.ts'
import { RecordedEvent } from '../core/recorded-event.ts'
import type { Undelivered } from '../store/appending.ts'
import { restore } from '../store/codec.ts'
import type { Inline, InlineChange, InlineKey } from '../store/ledger.ts'
import type { StoredEvent } from '../store/store.ts'
import { changedBy, type Touch } from './changing.ts'
import type { Processor } from './processor.ts'
import type { Projection } from './projection.ts'
import type { AnyView } from './view.ts'

/** What events on their way do to the read models that are inline. */
export function inlineOf(
  models: readonly Processor<unknown>[],
  undelivered: readonly Undelivered[],
  tenant: string,
): Inline {
  const data = new Map(undelivered.map(({ draft, data: value }) => [draft.id, value]))
  const recorded = (stored: StoredEvent): Event => restore(stored, data.get(stored.id))
  const views = models.flatMap((model, place) =>
    model.kind === 'view' ? [{ place, view: model as AnyView }] : [],
  )
  const keys = views.flatMap(({ place, view }) => keysOf(place, view, undelivered, tenant))
  const own = models.flatMap((model, place) => {
    if (model.kind !== 'projection') return []
    const { types, react } = model as Projection<unknown>
    if (!undelivered.some(({ draft }) => types.includes(draft.type))) return []
    return [
      {
        model: place,
        // at once where the handlers are: a store whose driver is synchronous waits for nobody
        run: (events: readonly StoredEvent[], context: Parameters<typeof react>[1]) => {
          const mine = events.filter(({ type }) => types.includes(type)).map(recorded)
          return finished(inOrder(mine, (event) => react(event, context)))
        },
      },
    ]
  })
  return {
    models,
    documents: keys,
    change: (events, kept, before) =>
      views
        .filter(({ place }) => kept.has(place))
        .flatMap(({ place, view }) => changesOf(place, view, events.map(recorded), before)),
    own,
  }
}

// an event on its way has no place and no time yet, and `by` does not see them
function keysOf(
  model: number,
  view: AnyView,
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
  model: number,
  view: AnyView,
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
