import type { MeterProvider, TracerProvider } from '@opentelemetry/api'
import { misuse } from '../../core/errors.ts'
import { checkOptions } from '../../core/options.ts'
import { observed } from '../../store/observed.ts'
import type { EventStore } from '../../store/store.ts'
import { Telemetry } from './telemetry.ts'

/** How a store is traced and measured. */
export interface TracedOptions {
  /** What the store is called in spans and metrics, as `annals.store.name`: for programs that have several. */
  readonly name?: string
  /**
   * Whether spans tell the messages and stacks of errors, which may quote what is in events. Without it they tell only the kind of
   * error: its `code`, or the name of its class.
   */
  readonly errorMessages?: boolean
  /** Where spans go; the global provider by default. */
  readonly tracerProvider?: TracerProvider
  /** Where metrics go; the global provider by default, which must be there before the store is. */
  readonly meterProvider?: MeterProvider
}

/**
 * The same store with OpenTelemetry: spans of commands, appends and of what views, projections and subscriptions do, as one
 * trace by the `traceparent` that is stored with the events; and metrics of all of it. Needs the package `@opentelemetry/api`,
 * and sends nothing unless the program sets up an SDK. Neither spans nor metrics tell what is in an event.
 *
 * @throws MisuseError `ANNALS_OPTION` when the store is observed already.
 */
export function traced<Tx>(store: EventStore<Tx>, options: TracedOptions = {}): EventStore<Tx> {
  checkOptions('traced', options, ['name', 'errorMessages', 'tracerProvider', 'meterProvider'])
  if (store.observer) misuse('traced: the store is observed already; trace it once')
  return observed(store, new Telemetry(store, options))
}
