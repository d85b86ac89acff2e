import { freeze } from '../core/fold.ts'
import { misuse } from '../core/errors.ts'
import { whole } from '../core/recorded-event.ts'
import type { App } from '../processing/app.ts'
import { partsBehind } from '../processing/parts.ts'
import { folded, type AnyView } from '../processing/view.ts'
import { checkName } from '../store/admission.ts'
import { codecOf } from '../store/codec.ts'
import type { HistoryEntry } from '../store/history.ts'
import { within, type Session } from '../store/session.ts'
import type { StoredEvent } from '../store/store.ts'
import { processorNamed, type WhichProcessor } from './which.ts'

/** An event that a document is made of, and its state after it. */
export interface Reason extends HistoryEntry {
  /** Whether the document that is kept has it: a view in the background may be behind, or stand before a parked event. */
  readonly kept: boolean
}

/**
 * The events that made a document of a view, in their order, each with the state after it. It reads all events of the types that
 * the view handles, so it takes as long as making the view anew.
 *
 * @throws MisuseError `ANNALS_OPTION` for a view that the app does not keep.
 */
export async function* why(
  app: App,
  which: WhichProcessor,
  key: string,
): AsyncGenerator<Reason, void, undefined> {
  const { session } = partsBehind('why', app)
  const { store, tenant, tx } = session
  const view = viewNamed(app, which)
  checkName(`key of the view ${view.name}`, key)
  const kept = (await isKnown(session, view))
    ? await store.documents.find(view, { tenant, key }, within({ tx }))
    : undefined
  const { decode, namesOf } = codecOf(view.events)
  const query = { tenant, filters: [{ types: namesOf(view.types) }] }
  // an inline view has seen events that others may not follow yet
  const pages = store.read(query, { unsettled: true, ...within(session) })
  let state: unknown = freeze(view.fold.initial)
  for await (const page of pages)
    for (const event of await decode(page.filter(isOf(view, key)))) {
      if (!view.keysOf(event).includes(key)) continue
      state = folded(view, state, event)
      yield { event: whole(event), state, kept: event.position <= (kept?.position ?? 0) }
    }
}

/** Whether the store has a view, without which it has no documents to ask for. */
async function isKnown({ store, tx }: Session, view: AnyView): Promise<boolean> {
  // on PGlite, asking beside a transaction of the caller would wait for its end
  return tx !== undefined || (await store.ledger.overview([view])).length > 0
}

/** Whether an event may be of a document, as far as can be told without reading its data. */
function isOf({ keyedByStream }: AnyView, key: string): (stored: StoredEvent) => boolean {
  return keyedByStream ? ({ stream }) => stream.id === key : () => true
}

function viewNamed(app: App, which: WhichProcessor): AnyView {
  const processor = processorNamed('why', app, which)
  if (processor.kind === 'view') return processor as AnyView
  return misuse(
    `why: ${processor.name} is a ${processor.kind}; only the documents of a view are told`,
  )
}
