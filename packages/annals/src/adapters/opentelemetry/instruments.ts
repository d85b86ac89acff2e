import type { Attributes, Counter, Histogram, Meter } from '@opentelemetry/api'
import type { ProcessorName } from '../../store/ledger.ts'
import type {
  AppendSeen,
  CommandSeen,
  HandlingSeen,
  LeaseNote,
  Note,
  Operation,
} from '../../store/observer.ts'
import { nameOf } from './spans.ts'
import { attributesOf, done, type Outcome } from './outcome.ts'

// In seconds: from an append in memory to one that waits for a lock.
const durations = [
  0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
]
const sizes = [1, 2, 4, 8, 16, 32, 64]

/** What is counted and timed as it happens. */
export class Instruments {
  readonly #appendDuration: Histogram
  readonly #commandDuration: Histogram
  readonly #handlingDuration: Histogram
  readonly #events: Counter
  readonly #conflicts: Counter
  readonly #retries: Counter
  readonly #handled: Counter
  readonly #batchSize: Histogram
  readonly #busy: Counter
  readonly #leases: Counter
  readonly #common: Attributes

  /** `common` goes along with everything. */
  constructor(meter: Meter, common: Attributes) {
    const timed = (name: string, description: string) =>
      meter.createHistogram(name, {
        description,
        unit: 's',
        advice: { explicitBucketBoundaries: durations },
      })
    const counted = (name: string, unit: string, description: string) =>
      meter.createCounter(name, { description, unit })
    this.#common = common
    this.#appendDuration = timed('annals.append.duration', 'How long appends take')
    this.#commandDuration = timed(
      'annals.command.duration',
      'How long commands take, all their attempts together',
    )
    this.#handlingDuration = timed(
      'annals.processor.handling.duration',
      'How long a subscription takes for an event, a view or projection for a page',
    )
    this.#events = counted('annals.append.events', '{event}', 'Events that were appended')
    this.#conflicts = counted(
      'annals.append.conflicts',
      '{append}',
      'Appends that were refused because somebody else had been first',
    )
    this.#retries = counted(
      'annals.command.retries',
      '{attempt}',
      'Attempts of commands after the first',
    )
    this.#handled = counted(
      'annals.processor.events',
      '{event}',
      'Events that processors have handled',
    )
    this.#batchSize = meter.createHistogram('annals.append.batch.size', {
      description: 'How many appends were written together',
      unit: '{append}',
      advice: { explicitBucketBoundaries: sizes },
    })
    this.#busy = counted(
      'annals.append.busy',
      '{append}',
      'Appends that had to wait since another transaction held what they need',
    )
    this.#leases = counted(
      'annals.processor.lease.changes',
      '{lease}',
      'Leases that this process took, gave back or lost to another',
    )
  }

  /** Measures an operation that has ended. */
  measure(operation: Operation, outcome: Outcome, seconds: number): void {
    switch (operation.kind) {
      case 'append':
        return this.#measureAppend(operation, outcome, seconds)
      case 'command':
        return this.#commandDuration.record(
          seconds,
          this.#with(outcome, this.#ofCommand(operation)),
        )
      case 'handle':
      case 'rebuild':
        return this.#measureHandling(operation, outcome, seconds)
      default:
        return operation satisfies never
    }
  }

  /** Counts another attempt of a command. */
  retried(command: CommandSeen): void {
    this.#retries.add(1, this.#ofCommand(command))
  }

  #measureAppend({ append }: AppendSeen, outcome: Outcome, seconds: number): void {
    this.#appendDuration.record(seconds, this.#with(outcome, this.#common))
    if (outcome === done) this.#events.add(append.drafts.length, this.#common)
    if (outcome.name === 'conflict') this.#conflicts.add(1, this.#common)
  }

  #measureHandling({ processor, events }: HandlingSeen, outcome: Outcome, seconds: number): void {
    const attributes = { ...this.#common, ...ofProcessor(processor) }
    this.#handlingDuration.record(seconds, this.#with(outcome, attributes))
    if (outcome === done) this.#handled.add(events.length, attributes)
  }

  #ofCommand(command: CommandSeen): Attributes {
    return { ...this.#common, 'annals.command.name': nameOf(command) }
  }

  // each attribute costs as much as the measurement: what is done needs none to say so
  #with(outcome: Outcome, attributes: Attributes): Attributes {
    return outcome === done ? attributes : { ...attributes, ...attributesOf(outcome) }
  }

  /** Counts what happened. */
  note(note: Note): void {
    if (note.kind === 'lease') this.#noteLease(note)
    else if (note.kind === 'busy') this.#busy.add(note.appends, this.#common)
    else this.#batchSize.record(note.appends, this.#common)
  }

  #noteLease({ processor, change }: LeaseNote): void {
    const attributes = { ...this.#common, ...ofProcessor(processor) }
    this.#leases.add(1, { ...attributes, 'annals.lease.change': change })
  }
}

function ofProcessor({ name, version }: ProcessorName): Attributes {
  return { 'annals.processor.name': name, 'annals.processor.version': version }
}
