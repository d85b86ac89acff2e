import assert from 'node:assert/strict'
import { check, type CheckedEvent } from '../core/checking.ts'
import { eventsIn, slicesOf, type Decision } from '../core/decision.ts'
import {
  checkAll,
  checkCall,
  decideCall,
  handleOf,
  refusePromise,
  type AnyAggregate,
  type EventsOfAggregate,
  type Handle,
  type PlainAggregate,
} from '../core/deciding.ts'
import { RejectedError } from '../core/errors.ts'
import type { Event, Events, NewEvent, NewEventOf } from '../core/event.ts'
import { freeze, type Fold } from '../core/fold.ts'
import { RecordedEvent } from '../core/recorded-event.ts'
import { atOnce } from '../core/schema.ts'
import { changedBy } from '../processing/changing.ts'
import { documentOf, stateOf, type AnyView, type View } from '../processing/view.ts'
import type { OnStream } from './on.ts'

/** What came of it. */
export interface Told<E = NewEvent> {
  /** These events were decided, in this order; no event at all when none is named. */
  emits(...events: readonly E[]): void
  /** The command was refused for this reason, or by this invariant. */
  rejects(reason: string): void
}

// a decision of any boundary, which only `any` allows
/* oxlint-disable typescript/no-explicit-any */
/** What can be specified. */
export type Subject = AnyAggregate | Decision<any, any, any> | View<any, any>

/** The events that a subject knows, as they are decided; of a view, `on` says in which stream each is. */
export type NewEventsOf<T> =
  T extends Decision<any, any, infer E>
    ? NewEventOf<E>
    : T extends View<any, any>
      ? OnStream
      : NewEventOf<EventsOfAggregate<T>>

/** What a view shows. */
export interface Shown<S> {
  /** The document under a key; `undefined` where there is none. */
  shows(key: string, document: S | undefined): void
}

/** What a subject can be asked. */
export type Given<T> =
  T extends Decision<infer A, any, any>
    ? { readonly when: (...args: A) => Told<NewEventsOf<T>> }
    : T extends View<infer S, any>
      ? Shown<S>
      : T extends AnyAggregate
        ? { readonly when: (ask: (commands: Handle<T, void>) => void) => Told<NewEventsOf<T>> }
        : never
/* oxlint-enable typescript/no-explicit-any */

/**
 * A specification in three steps: given this history, when this is asked, then these events are
 * decided, or it is refused. Synchronous, without a store; what is not a refusal is thrown by `when`.
 * States and arguments are frozen here, so that what changes them in place fails. The id of the
 * aggregate is `given`.
 *
 * @throws MisuseError `ANNALS_ASYNC_SCHEMA` for an event with an asynchronous schema.
 */
export function given<T extends Subject>(
  subject: T,
  ...history: readonly NewEventsOf<T>[]
): Given<T> {
  const plain: Decision<never, unknown> | PlainAggregate | AnyView = subject
  // each branch answers for its kind of subject, which has its kind of history
  if ('keysOf' in plain) return ofView(plain, history as readonly OnStream[]) as Given<T>
  const past = history as readonly NewEvent[]
  const when = 'boundary' in plain ? ofDecision(plain, past) : ofAggregate(plain, past)
  return { when } as unknown as Given<T>
}

function ofView(view: AnyView, history: readonly OnStream[]): Shown<unknown> {
  const versions = new Map<string, number>()
  const touches = history.flatMap(({ stream: id, event }, index) => {
    const version = (versions.get(id) ?? 0) + 1
    versions.set(id, version)
    const checked = atOnce(check(view.events, event), event.type)
    const stream = { category: 'given', id }
    const recorded = recordedAt(checked, stream, { version, position: index + 1 })
    if (!view.types.includes(recorded.type)) return []
    return view.keysOf(recorded).map((key) => ({ event: recorded, tenant: '', key }))
  })
  const documents = new Map(
    changedBy(view, touches, () => undefined).map((document) => [document.key, document]),
  )
  return {
    shows: (key, expected) => {
      const found = documents.get(key)
      // as a view keeps it: JSON has no undefined
      const place = { tenant: '', key }
      const wanted: unknown =
        expected === undefined ? undefined : stateOf(view, documentOf(view, place, expected, 0))
      assert.deepStrictEqual(found && stateOf(view, found), wanted)
    },
  }
}

function ofAggregate(aggregate: PlainAggregate, history: readonly NewEvent[]) {
  const { fold, category } = aggregate
  const id = 'given'
  const stream = { category, id }
  const past = recordAll(fold.events, history, stream)
  return (ask: (commands: Handle<AnyAggregate, void>) => void): Told =>
    told(() => {
      let state: unknown = foldFrozen<unknown>(fold, fold.initial, past)
      const decided: CheckedEvent[] = []
      const commands = handleOf<AnyAggregate, void>(aggregate, (name, args) => {
        const record = recorder(stream, past.length + decided.length)
        const call = atOnce(checkCall({ aggregate, id, name, args: freeze(args) }), name)
        const decision = atOnce(decideCall(call, state, record), name)
        decided.push(...decision.events)
        state = freeze(decision.state)
      })
      refusePromise('the question of when', ask(commands))
      return decided
    })
}

function ofDecision(decision: Decision<never, unknown>, history: readonly NewEvent[]) {
  return (...args: never): Told =>
    told(() => {
      const slices = slicesOf(decision, args)
      const types = eventsIn(slices)
      const past = recordAll(types, history, { category: 'given', id: 'given' })
      const states = Object.entries(slices).map(([name, { fold, tags }]) => {
        const mine = past.filter((event) => tags.every((tag) => event.tags.includes(tag)))
        return [name, foldFrozen(fold, fold.initial, mine)]
      })
      const returned = decision.decide(Object.fromEntries(states) as never, ...args)
      return atOnce(checkAll(types, returned), 'the decision')
    })
}

function recordAll(
  types: Events,
  history: readonly NewEvent[],
  stream: Event['stream'],
): readonly Event[] {
  const record = recorder(stream, 0)
  return history.map((event) => record(atOnce(check(types, event), event.type)))
}

function foldFrozen<S>(fold: Fold<Events, S>, state: S, events: readonly Event[]): S {
  let next = state
  for (const event of events) next = freeze(fold.apply(next, event))
  return next
}

/** Records events one after the other, each once, as a store would: from the version after `before`. */
function recorder(stream: Event['stream'], before: number): (checked: CheckedEvent) => Event {
  const recorded = new Map<CheckedEvent, Event>()
  return (checked) => {
    const known = recorded.get(checked)
    if (known) return known
    const version = before + recorded.size + 1
    const event = recordedAt(checked, stream, { version, position: version })
    recorded.set(checked, event)
    return event
  }
}

const metadata = JSON.stringify({ correlation: 'given', causation: 'given' })

function recordedAt(
  { type, data, tags }: CheckedEvent,
  stream: Event['stream'],
  place: Pick<Event, 'version' | 'position'>,
): Event {
  const envelope = {
    id: `given-${place.position}`,
    tenant: '',
    at: new Date(0),
    stream,
    tags,
    metadata,
  }
  return new RecordedEvent(type, data, { ...envelope, ...place })
}

function told(decide: () => readonly CheckedEvent[]): Told {
  const outcome = outcomeOf(decide)
  return {
    emits: (...expected) => {
      if (outcome.refused !== undefined) assert.fail(`it was rejected: ${outcome.refused}`)
      assert.deepStrictEqual(
        outcome.events.map(({ type, input: data }) => ({ type, data })),
        expected.map(({ type, data }) => ({ type, data })),
      )
    },
    rejects: (reason) => {
      if (outcome.refused === undefined)
        assert.fail(`it was not rejected, and emits ${namesOf(outcome.events)}`)
      assert.equal(outcome.refused, reason)
    },
  }
}

type Outcome =
  | { readonly events: readonly CheckedEvent[]; readonly refused?: undefined }
  | { readonly refused: string }

function outcomeOf(decide: () => readonly CheckedEvent[]): Outcome {
  try {
    return { events: decide() }
  } catch (error) {
    if (error instanceof RejectedError) return { refused: error.reason }
    throw error
  }
}

function namesOf(events: readonly CheckedEvent[]): string {
  return events.map(({ type }) => type).join(', ') || 'nothing'
}
