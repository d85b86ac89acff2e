import { decideCall, foldAll, recordOf, type Call, type PlainAggregate } from '../core/deciding.ts'
import { MisuseError } from '../core/errors.ts'
import type { CheckedEvent, Event, Events } from '../core/event.ts'
import type { Fold } from '../core/fold.ts'
import { RecordedEvent } from '../core/recorded-event.ts'
import { codecOf, encode } from './codec.ts'
import { eventId } from './event-id.ts'
import { load, type Loaded } from './history.ts'
import { fingerprintOf, recall, type Answer } from './once.ts'
import { metadataOf, type Session } from './session.ts'
import type { Draft, Once, Position, StoredEvent, StreamName } from './store.ts'

/** An aggregate as a unit of work has it: as it was loaded, and with what the unit decided since. */
export interface Held {
  readonly fold: Fold<Events, unknown>
  readonly stream: StreamName
  readonly loaded: Loaded<unknown>
  readonly state: unknown
  readonly version: number
}

/** A decided event on its way: what the store takes, and what its handlers will see of it. */
interface Undelivered {
  readonly draft: Draft
  readonly data: unknown
}

/**
 * A unit of work: commands on any number of aggregates, decided on what was loaded and appended all
 * together, guarded by every version that was read.
 */
export class Unit {
  readonly #session: Session
  readonly #held = new Map<string, Held>()
  readonly #undelivered: Undelivered[] = []
  readonly #once: Once[] = []

  constructor(session: Session) {
    this.#session = session
  }

  /** An aggregate as of now, with what this unit decided on it. */
  async hold({ fold, category }: PlainAggregate, id: string): Promise<Held> {
    const stream = { category, id }
    const held = this.#held.get(keyOf(stream))
    if (held && held.fold !== fold)
      throw new MisuseError(
        'ANNALS_OPTION',
        `${category}/${id} is open in this unit with another fold; use one aggregate for each category`,
      )
    if (held) return held
    const loaded = await load(this.#session, fold, stream)
    return this.#keep({ fold, stream, loaded, state: loaded.state, version: loaded.version })
  }

  /** What a `once` key gave before, where it was used before. */
  async recall(call: Call, key: string): Promise<Answer | undefined> {
    return recall(this.#session, call, key)
  }

  /** Runs a command, and keeps its events for the append. */
  async call(call: Call, once?: string): Promise<Held> {
    const held = await this.hold(call.aggregate, call.id)
    const at = this.#session.clock()
    const metadata = metadataOf(this.#session, eventId(at), recordOf(call))
    const drafted = new Map<CheckedEvent, Event>()
    const pending = (checked: CheckedEvent): Event => {
      const known = drafted.get(checked)
      if (known) return known
      const version = held.version + drafted.size + 1
      const made = pendingEvent(this.#session, held.stream, checked, { version, at, metadata })
      drafted.set(checked, made)
      return made
    }
    const decided = await decideCall(call, held.state, pending)
    const events = decided.map(pending)
    const state = foldAll(held.fold, held.state, events)
    const version = held.version + events.length
    // all that can fail comes first: a caller may catch the error and go on with the unit
    if (once !== undefined) await this.#remember(call, once, version, events.length)
    for (const [index, checked] of decided.entries()) {
      const { id } = events[index] as Event
      const draft = encode(checked, { id, stream: held.stream, metadata })
      this.#undelivered.push({ draft, data: checked.data })
    }
    return this.#keep({ ...held, state, version })
  }

  /**
   * Appends everything, guarded by the versions that were loaded. A unit that decided nothing appends
   * nothing, and what it read needs no guard then.
   *
   * @throws ConflictError when one of the streams moved meanwhile.
   */
  async commit(): Promise<{ readonly events: readonly Event[]; readonly position: Position }> {
    if (this.#undelivered.length === 0 && this.#once.length === 0) return this.#unmoved()
    const { store, tenant, tx, signal } = this.#session
    const streams = [...this.#held.values()].map(({ stream, loaded }) => ({
      ...stream,
      version: loaded.version,
    }))
    const { events, position } = await store.append(
      {
        tenant,
        drafts: this.#undelivered.map(({ draft }) => draft),
        guard: { streams },
        once: this.#once,
      },
      { ...(tx !== undefined && { tx }), ...(signal && { signal }) },
    )
    return { position, events: events.map((stored, index) => this.#restore(stored, index)) }
  }

  #restore(stored: StoredEvent, index: number): Event {
    const { fold } = this.#held.get(keyOf(stored.stream)) as Held
    return codecOf(fold.events).restore(stored, this.#undelivered[index]?.data)
  }

  #unmoved(): { readonly events: readonly Event[]; readonly position: Position } {
    const positions = [...this.#held.values()].map(({ loaded }) => loaded.position)
    return { events: [], position: Math.max(0, ...positions) }
  }

  async #remember(call: Call, key: string, version: number, events: number): Promise<void> {
    const stream = { category: call.aggregate.category, id: call.id }
    if (this.#once.some((once) => once.key === key && keyOf(once.stream) === keyOf(stream)))
      throw new MisuseError('ANNALS_ONCE_MISMATCH', `once key ${key} is used twice in one unit`)
    const fingerprint = await fingerprintOf(call)
    this.#once.push({ stream, key, fingerprint, version, events })
  }

  #keep(held: Held): Held {
    this.#held.set(keyOf(held.stream), held)
    return held
  }
}

/** An event that was decided and not recorded: its position is not known yet. */
function pendingEvent(
  { tenant }: Pick<Session, 'tenant'>,
  stream: StreamName,
  { type, data, tags }: CheckedEvent,
  {
    version,
    at,
    metadata,
  }: { readonly version: number; readonly at: Date; readonly metadata: string },
): Event {
  const id = eventId(at)
  return new RecordedEvent(
    { type, data, id, tenant, stream, version, position: 0, at, tags },
    metadata,
  )
}

function keyOf({ category, id }: StreamName): string {
  return `${category}\0${id}`
}
