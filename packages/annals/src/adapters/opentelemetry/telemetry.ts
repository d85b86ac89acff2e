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
import type {
  AppendSeen,
  CommandSeen,
  HandlingSeen,
  Note,
  Observer,
  Operation,
  Watched,
} from '../../store/observer.ts'
import type { EventStore } from '../../store/store.ts'
import { measureStanding } from './gauges.ts'
import type { TracedOptions } from './index.ts'
import { Instruments } from './instruments.ts'
import { attributesOf, causeOf, done, outcomeOf, type Outcome } from './outcome.ts'
import { appendSpan, commandSpan, handlingSpan, type Planned } from './spans.ts'
import { traceparentOf } from './trace-context.ts'

const scope = 'annals'

/** An operation that goes on. */
interface Begun {
  readonly operation: Operation
  /** When it began, in milliseconds. */
  readonly at: number
  /** Where there is one: see `#beginAppend`. */
  readonly span?: Span
  /** What its work is done in; in what is active, without it. */
  readonly inside?: Context
  /** What its work is given. */
  readonly watched: Watched
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
    const begun = this.#begin(operation)
    const { inside, watched } = begun
    const working = inside ? context.with(inside, work, undefined, watched) : work(watched)
    // whoever asked waits for the work alone
    working.then(
      () => this.#end(begun, done),
      (error: unknown) => this.#end(begun, outcomeOf(error), error),
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

  #begin(operation: Operation): Begun {
    const at = performance.now()
    try {
      if (operation.kind === 'append') return this.#beginAppend(operation, at)
      const planned =
        operation.kind === 'command' ? commandSpan(operation) : handlingSpan(operation)
      const span = this.#start(planned)
      const watched = this.#watched(operation, span)
      return { operation, at, span, inside: trace.setSpan(planned.parent, span), watched }
    } catch (error) {
      failed(error)
      return { operation, at, watched: unwatched }
    }
  }

  /**
   * An append has a span in a trace that is kept. One that nobody traces begins none, and one in a span of this process that
   * is not kept asks no sampler again, which was half of what tracing cost.
   */
  #beginAppend(operation: AppendSeen, at: number): Begun {
    const parent = context.active()
    const around = trace.getSpan(parent)
    const isKept = around && (around.isRecording() || around.spanContext().isRemote)
    if (!isKept) return { operation, at, watched: unwatched }
    const span = this.#start({ ...appendSpan(operation), parent })
    return { operation, at, span, inside: trace.setSpan(parent, span), watched: unwatched }
  }

  #start({ name, kind, links, attributes, parent }: Planned): Span {
    const options = { ...(kind !== undefined && { kind }), ...(links && { links }) }
    const span = this.#tracer.startSpan(name, options, parent)
    if (span.isRecording()) span.setAttributes({ ...this.#common, ...attributes() })
    return span
  }

  #watched(operation: CommandSeen | HandlingSeen, span: Span): Watched {
    const traceparent = traceparentOf(span.spanContext())
    if (operation.kind !== 'command') return { ...unwatched, traceparent }
    return { traceparent, again: () => this.#again(operation, span) }
  }

  #again(operation: CommandSeen, span: Span): void {
    try {
      span.addEvent('again')
      this.#instruments.retried(operation)
    } catch (error) {
      failed(error)
    }
  }

  #end({ operation, at, span }: Begun, outcome: Outcome, error?: unknown): void {
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

const unwatched: Watched = { traceparent: undefined, again: () => undefined }

function failed(error: unknown): void {
  diag.error('annals: telemetry failed', error)
}
