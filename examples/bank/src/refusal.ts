import { aggregate, events, fold, type App } from 'annals'
import { z } from 'zod'

const RefusalEvents = events({ OrderRefused: z.object({ reason: z.string() }) })

const RefusalState = fold(RefusalEvents, {
  initial: { reason: undefined as string | undefined },
  OrderRefused: (_, { reason }) => ({ reason }),
})

/**
 * The bank's no to one order of a statement, under the order's id. Without it, a withdrawal that was
 * refused in May would be tried again by the next import, and go through for the money that came in June.
 */
export const Refusal = aggregate('refusal', RefusalState, {
  record: ({ reason: known }, reason: string) =>
    known === undefined ? RefusalEvents.OrderRefused({ reason }) : [],
})

/** Every order that the bank has refused, by its id, with the reason. */
export async function refusals(bank: App) {
  const reasons = new Map<string, string>()
  for await (const { stream, data } of bank.read(RefusalEvents)) reasons.set(stream.id, data.reason)
  return reasons
}
