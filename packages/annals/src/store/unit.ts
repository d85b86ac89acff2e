import type { CheckedEvent } from '../core/checking.ts'
import { checkCall, decideCall, type Call, type PlainAggregate } from '../core/deciding.ts'
import { MisuseError, misuse } from '../core/errors.ts'
import type { Event, Events } from '../core/event.ts'
import { freeze, type Fold } from '../core/fold.ts'
import { RecordedEvent } from '../core/recorded-event.ts'
import { append, type Undelivered } from './appending.ts'
import { encode } from './codec.ts'
import { eventId } from './event-id.ts'
import { load, type Loaded } from './history.ts'
import type { Answer } from './commands.ts'
import { fingerprintOf, recall } from './once.ts'
import { metadataOf, type Session } from './session.ts'
import type { Once, Position, StreamName } from './store.ts'

/** An aggregate as a unit of work has it: as it was loaded, and with what the unit decided since. */
export interface Held {
  readonly fold: Fold<Events, unknown>
  readonly stream: StreamName
  readonly loaded: Loaded<unknown>
  readonly state: unknown
  readonly version: number
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
      misuse(
        `${category}/${id} is open in this unit with another fold; use one aggregate for each category`,
      )
    if (held) return held
    const loaded = await load(this.#session, fold, stream)
    const { state, version } = loaded
    return this.#keep({ fold, stream, loaded, state, version })
  }

  /** What a `once` key gave before, where it was used before. */
  async recall(call: Call, key: string): Promise<Answer | undefined> {
    return recall(this.#session, call, key)
  }

  /** Runs a command, and keeps its events for the append. */
  async call(call: Call, once?: string): Promise<Held> {
    const held = await this.hold(call.aggregate, call.id)
    const fingerprint = once === undefined ? '' : await fingerprintOf(call)
    const checkedCall = await checkCall(call)
    const at = this.#session.clock()
    const metadata = metadataOf(this.#session, eventId(at), checkedCall.record)
    const drafted = new Map<CheckedEvent, Event>()
    const pending = (checked: CheckedEvent): Event => {
      const known = drafted.get(checked)
      if (known) return known
      const version = held.version + drafted.size + 1
      const made = pendingEvent(this.#session, held.stream, checked, { version, at, metadata })
      drafted.set(checked, made)
      return made
    }
    const { events: decided, state } = await decideCall(checkedCall, held.state, pending)
    const events = decided.map(pending)
    const version = held.version + events.length
    // all that can fail comes first: a caller may catch the error and go on with the unit
    if (once !== undefined)
      this.#remember({
        stream: held.stream,
        key: once,
        fingerprint,
        version,
        events: events.length,
      })
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
    const streams = [...this.#held.values()].map(({ stream, loaded }) => ({
      ...stream,
      version: loaded.version,
    }))
    return append(this.#session, this.#undelivered, { guard: { streams }, once: this.#once })
  }

  #unmoved(): { readonly events: readonly Event[]; readonly position: Position } {
    const positions = [...this.#held.values()].map(({ loaded }) => loaded.position)
    return { events: [], position: Math.max(0, ...positions) }
  }

  // a handler that changes the state in place would count its events twice: it fails instead
  #keep(held: Held): Held {
    freeze(held.state)
    this.#held.set(keyOf(held.stream), held)
    return held
  }

  #remember(once: Once): void {
    const { key, stream } = once
    if (this.#once.some((other) => other.key === key && keyOf(other.stream) === keyOf(stream)))
      throw new MisuseError('ANNALS_ONCE_MISMATCH', `once key ${key} is used twice in one unit`)
    this.#once.push(once)
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
  const envelope = { id, tenant, stream, version, position: 0, at, tags, metadata }
  return new RecordedEvent(type, data, envelope)
}

function keyOf({ category, id }: StreamName): string {
  return `${category}\0${id}`
}
