import {
  context,
  diag,
  metrics,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api'
import type { Note, Observer, Operation, Watched } from '../../store/observer.ts'
import type { EventStore } from '../../store/store.ts'
import { measureStanding } from './gauges.ts'
import type { TracedOptions } from './index.ts'
import { Instruments } from './instruments.ts'
import { attributesOf, causeOf, done, outcomeOf, type Outcome } from './outcome.ts'
import { attributesOfSpan, spanOf } from './spans.ts'
import { traceparentOf } from './trace-context.ts'

const scope = 'annals'

/** An operation that goes on, and what its work is given. A class, and small: every append and every command has one. */
class Ongoing implements Watched {
  readonly operation: Operation
  /** When it began, in milliseconds. */
  readonly at = performance.now()
  traceparent: string | undefined = undefined
  /** Where there is one: see `isTraced`. */
  span: Span | undefined = undefined
  /** What its work is done in; in what is active, without it. */
  inside: Context | undefined = undefined
  readonly #instruments: Instruments

  constructor(operation: Operation, instruments: Instruments) {
    this.operation = operation
    this.#instruments = instruments
  }

  again(): void {
    if (this.operation.kind !== 'command') return
    try {
      this.span?.addEvent('again')
      this.#instruments.retried(this.operation)
    } catch (error) {
      failed(error)
    }
  }
}

/** Tells OpenTelemetry what is done with a store. What goes wrong with that is never in the way of who does it. */
export class Telemetry implements Observer {
  readonly #tracer: Tracer
  readonly #instruments: Instruments
  readonly #common: Attributes
  readonly #errorMessages: boolean

  constructor(
    store: Pick<EventStore, 'watermark' | 'ledger'>,
    { name, errorMessages = false, tracerProvider, meterProvider }: TracedOptions,
  ) {
    const meter = (meterProvider ?? metrics).getMeter(scope)
    this.#tracer = (tracerProvider ?? trace).getTracer(scope)
    this.#common = name === undefined ? {} : { 'annals.store.name': name }
    this.#instruments = new Instruments(meter, this.#common)
    this.#errorMessages = errorMessages
    measureStanding(store, meter, this.#common)
  }

  around<R>(operation: Operation, work: (watched: Watched) => Promise<R>): Promise<R> {
    const ongoing = new Ongoing(operation, this.#instruments)
    this.#begin(ongoing)
    const { inside } = ongoing
    const working = inside ? context.with(inside, work, undefined, ongoing) : work(ongoing)
    // whoever asked waits for the work alone
    working.then(
      () => this.#end(ongoing, done),
      (error: unknown) => this.#end(ongoing, outcomeOf(error), error),
    )
    return working
  }

  noted(note: Note): void {
    try {
      this.#instruments.note(note)
    } catch (error) {
      failed(error)
    }
  }

  #begin(ongoing: Ongoing): void {
    try {
      const { operation } = ongoing
      if (!isTraced(operation)) return
      const { name, options, parent } = spanOf(operation)
      const span = this.#tracer.startSpan(name, options, parent)
      // most are in no sample
      if (span.isRecording())
        span.setAttributes({ ...this.#common, ...attributesOfSpan(operation) })
      ongoing.span = span
      ongoing.traceparent = traceparentOf(span.spanContext())
      ongoing.inside = trace.setSpan(parent, span)
    } catch (error) {
      failed(error)
    }
  }

  #end({ operation, at, span }: Ongoing, outcome: Outcome, error?: unknown): void {
    try {
      this.#instruments.measure(operation, outcome, (performance.now() - at) / 1_000)
      if (span?.isRecording()) this.#tell(span, outcome, error)
      span?.end()
    } catch (failure) {
      failed(failure)
    }
  }

  #tell(span: Span, outcome: Outcome, error: unknown): void {
    span.setAttributes(attributesOf(outcome))
    if (outcome.name !== 'failed') return
    const cause = causeOf(error)
    if (!this.#errorMessages || !(cause instanceof Error))
      span.setStatus({ code: SpanStatusCode.ERROR })
    else {
      span.setStatus({ code: SpanStatusCode.ERROR, message: cause.message })
      span.recordException(cause)
    }
  }
}

/**
 * An append has a span in a trace that is kept. One that nobody traces begins none, and one in a span of this process that
 * is not kept asks no sampler again, which was half of what tracing cost.
 */
function isTraced({ kind }: Operation): boolean {
  if (kind !== 'append') return true
  const around = trace.getActiveSpan()
  return around !== undefined && (around.isRecording() || around.spanContext().isRemote === true)
}

function failed(error: unknown): void {
  diag.error('annals: telemetry failed', error)
}
