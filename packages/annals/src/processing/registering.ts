import type { Registration } from '../store/ledger.ts'
import type { Position } from '../store/store.ts'
import type { Processor } from './processor.ts'
import type { Projection } from './projection.ts'
import type { Subscription } from './subscription.ts'
import type { AnyView } from './view.ts'

/** How a processor is to be kept. */
export interface Keeping {
  readonly inline: boolean
  /** Up to where the log is settled now: a subscription from now on begins there. */
  readonly now: Position
}

/** A processor as a store is to keep it. */
export function registrationOf(
  processor: Processor<unknown>,
  { inline, now }: Keeping,
): Registration {
  const { kind, name, version } = processor
  const { setup } = processor as Projection<unknown>
  return {
    kind,
    name,
    version,
    inline,
    slices: inline ? 1 : processor.slices,
    from: isFromNow(processor) ? now : fromOf(processor),
    ...(kind === 'view' && { fields: (processor as AnyView).indexes.length }),
    ...(kind === 'projection' && setup && { setup }),
  }
}

/** Whether a processor is to handle only what comes from now on. */
export function isFromNow(processor: Processor<unknown>): boolean {
  return processor.kind === 'subscription' && (processor as Subscription).from === 'now'
}

function fromOf(processor: Processor<unknown>): Position {
  if (processor.kind !== 'subscription') return 0
  const { from } = processor as Subscription
  return typeof from === 'number' ? from : 0
}
