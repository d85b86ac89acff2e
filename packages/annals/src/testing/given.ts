import assert from 'node:assert/strict'
import { eventsIn, slicesOf, type Decision } from '../core/decision.ts'
import {
  checkAll,
  decideCall,
  foldAll,
  handleOf,
  refusePromise,
  type AnyAggregate,
  type PlainAggregate,
  type Handle,
} from '../core/deciding.ts'
import { RejectedError } from '../core/errors.ts'
import { check, type CheckedEvent, type Event, type NewEvent } from '../core/event.ts'
import { RecordedEvent } from '../core/recorded-event.ts'
import { now } from '../core/schema.ts'

/** What came of it. */
export interface Told {
  /** These events were decided, in this order; no event at all when none is named. */
  emits(...events: readonly NewEvent[]): void
  /** The command was refused for this reason, or by this invariant. */
  rejects(reason: string): void
}

/** What a subject can be asked. */
export type Given<T> =
  // a decision of any boundary, which only `any` allows
  // oxlint-disable-next-line typescript/no-explicit-any
  T extends Decision<infer A, any, any>
    ? { readonly when: (...args: A) => Told }
    : T extends AnyAggregate
      ? { readonly when: (ask: (commands: Handle<T, void>) => void) => Told }
      : never

/**
 * A specification in three steps: given this history, when this is asked, then these events are
 * decided, or it is refused. Synchronous, without a store; what is not a refusal is thrown by `when`.
 *
 * @throws MisuseError `ANNALS_ASYNC_SCHEMA` for an event with an asynchronous schema.
 */
// oxlint-disable-next-line typescript/no-explicit-any
export function given<T extends AnyAggregate | Decision<any, any, any>>(
  subject: T,
  ...history: readonly NewEvent[]
): Given<T> {
  const plain: Decision<never, unknown> | PlainAggregate = subject
  const when = 'boundary' in plain ? ofDecision(plain, history) : ofAggregate(plain, history)
  return { when } as unknown as Given<T> // each branch answers for its kind of subject
}

function ofAggregate(aggregate: PlainAggregate, history: readonly NewEvent[]) {
  const { fold, category } = aggregate
  const id = 'given'
  const pending = recorder({ category, id })
  const past = history.map((event) => pending(now(check(fold.events, event), event.type)))
  return (ask: (commands: Handle<AnyAggregate, void>) => void): Told =>
    told(() => {
      let state: unknown = foldAll<unknown>(fold, fold.initial, past)
      const decided: CheckedEvent[] = []
      const commands = handleOf<AnyAggregate, void>(aggregate, (name, args) => {
        const call = { aggregate, id, name, args }
        const events = now(decideCall(call, state, pending), name)
        decided.push(...events)
        state = foldAll<unknown>(fold, state, events.map(pending))
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
      const pending = recorder({ category: 'given', id: 'given' })
      const past = history.map((event) => pending(now(check(types, event), event.type)))
      const states = Object.entries(slices).map(([name, { fold, tags }]) => {
        const mine = past.filter((event) => tags.every((tag) => event.tags.includes(tag)))
        return [name, foldAll(fold, fold.initial, mine)]
      })
      const returned = decision.decide(Object.fromEntries(states) as never, ...args)
      return now(checkAll(types, returned), 'the decision')
    })
}

/** Records events one after the other, each once, as a store would: version by version from 1. */
function recorder(stream: Event['stream']): (checked: CheckedEvent) => Event {
  const recorded = new Map<CheckedEvent, Event>()
  return (checked) => {
    const known = recorded.get(checked)
    if (known) return known
    const { type, data, tags } = checked
    const place = recorded.size + 1
    const [id, version, position] = [`given-${place}`, place, place]
    const envelope = {
      type,
      data,
      tags,
      stream,
      id,
      version,
      position,
      tenant: '',
      at: new Date(0),
    }
    const metadata = JSON.stringify({ correlation: 'given', causation: 'given' })
    const event = new RecordedEvent(envelope, metadata)
    recorded.set(checked, event)
    return event
  }
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
