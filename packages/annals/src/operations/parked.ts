import { misuse } from '../core/errors.ts'
import { checkOptions, checkWhole } from '../core/options.ts'
import type { App } from '../processing/app.ts'
import { partsBehind } from '../processing/parts.ts'
import type { Parked, ParkedName, ParkedRequest } from '../store/ledger.ts'
import type { Position, StoredEvent } from '../store/store.ts'
import { storedEvent } from '../store/stored-event.ts'
import { processorNamed, type WhichProcessor } from './which.ts'

/** An event that a processor could not handle, or that waits behind one. */
export interface ParkedEvent {
  /** The name of the view, projection or subscription. */
  readonly processor: string
  readonly version: string
  readonly tenant: string
  /** The queue that waits: the key of a document, or else the stream unless `by` says otherwise. */
  readonly queue: string
  readonly position: Position
  readonly eventId: string
  readonly type: string
  /** How often it was tried; 0 where it waits behind another. */
  readonly attempts: number
  /** What went wrong the last time. */
  readonly error: string | undefined
  /** When it was parked. */
  readonly at: Date
  /** When it is tried again by itself; `undefined` where it waits for a person, or behind another. */
  readonly next: Date | undefined
  /** What somebody has asked for, and its owner has not done yet. */
  readonly request: ParkedRequest | undefined
}

/** Which parked events to list. */
export interface ParkedOptions {
  /** Only those of this view, projection or subscription. */
  readonly of?: WhichProcessor
  /** Only those after this one: the last of the page before. */
  readonly after?: ParkedEvent
  /** The most to list: 100. */
  readonly limit?: number
}

/** A parked event with what it says. */
export interface ParkedDetails extends ParkedEvent {
  /** As it is stored. */
  readonly event: Pick<StoredEvent, 'stream' | 'version' | 'at' | 'schemaVersion' | 'tags'> & {
    readonly data: unknown
    readonly metadata: unknown
  }
}

/** The parked events of an app, in the order of their positions. */
export async function parked(
  app: App,
  options: ParkedOptions = {},
): Promise<readonly ParkedEvent[]> {
  checkOptions('parked', options, ['of', 'after', 'limit'])
  const { of, after, limit = 100 } = options
  checkWhole('parked: limit', limit, 1)
  const { store } = partsBehind('parked', app)
  const found = await store.ledger.parked({
    ...(of !== undefined && { processor: processorNamed('parked', app, of) }),
    ...(after && { after: nameOf(after) }),
    limit,
  })
  return found.map(told)
}

/**
 * A parked event with its data.
 *
 * @throws MisuseError `ANNALS_OPTION` when the log has no such event any more.
 */
export async function parkedDetails(app: App, event: ParkedEvent): Promise<ParkedDetails> {
  const { store } = partsBehind('parkedDetails', app)
  const stored = await storedEvent(store, event)
  if (!stored)
    misuse(
      `the event ${event.eventId} is not at position ${event.position} any more; retry lets its queue go on without it`,
    )
  const { stream, version, at, schemaVersion, tags } = stored
  const [data, metadata] = [stored.data, stored.metadata].map((text) => JSON.parse(text) as unknown)
  return { ...event, event: { stream, version, at, schemaVersion, tags, data, metadata } }
}

/**
 * Asks for a parked event to be tried again now, with those behind it where it goes through: by the process that runs
 * its part, within seconds. False where it is not parked any more.
 */
export async function retry(app: App, event: ParkedEvent): Promise<boolean> {
  return request('retry', app, event)
}

/** Asks for a parked event to be dropped for ever; those behind it go on. False where it is not parked any more. */
export async function discard(app: App, event: ParkedEvent): Promise<boolean> {
  return request('discard', app, event)
}

async function request(what: ParkedRequest, app: App, event: ParkedEvent): Promise<boolean> {
  const { store, processing } = partsBehind(what, app)
  const noted = await store.ledger.request(nameOf(event), what)
  processing.nudge()
  return noted
}

function nameOf({ processor: name, version, tenant, queue, position }: ParkedEvent): ParkedName {
  return { name, version, tenant, queue, position }
}

function told(event: Parked): ParkedEvent {
  const { name: processor, version, tenant, queue, position, eventId, type, attempts } = event
  const { error, at, next, request: asked } = event
  const place = { processor, version, tenant, queue, position }
  return { ...place, eventId, type, attempts, error, at, next, request: asked }
}
