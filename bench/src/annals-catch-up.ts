import { annals, subscription, view, type App, type EventStore } from 'annals'
import { Account, AccountEvents, AccountState } from './account.ts'
import { newDraft } from './annals-postgres.ts'
import type { CatchUp } from './catch-up.ts'
import type { CatchUpScale } from './scale.ts'

const draftsEach = 1_000

// prime, and so it comes to every stream before it comes to one again: neighbours in the log are none in an index
const stride = 7_919

/** Appends the log: deposits to streams that take turns, so that no page of a view has two events for one document. */
export async function fill(
  store: Pick<EventStore, 'append'>,
  { events, streams }: CatchUpScale,
): Promise<void> {
  for (let first = 0; first < events; first += draftsEach) {
    const length = Math.min(draftsEach, events - first)
    const drafts = Array.from({ length }, (_, index) =>
      newDraft(`account-${((first + index) * stride) % streams}`),
    )
    await store.append({ tenant: '', drafts })
  }
}

/** Which one it is of those that come new to a log, and how long the log is. */
export interface Newcomer {
  readonly n: number
  readonly events: number
}

/** A subscription with its defaults, whose handler counts. */
export async function subscriptionFrom<Tx>(
  store: EventStore<Tx>,
  { n, events }: Newcomer,
): Promise<CatchUp> {
  const { promise: passed, resolve } = Promise.withResolvers<void>()
  let handled = 0
  const counting = subscription(`counting-${n}`, AccountEvents, {
    MoneyDeposited: () => {
      if (++handled === events) resolve()
    },
  })
  const app = annals({ store, background: [counting] })
  return followed(app, () => handled, passed)
}

/** A background view with a document for each stream. */
export async function viewFrom<Tx>(store: EventStore<Tx>, { n }: Newcomer): Promise<CatchUp> {
  const balances = view(`balances-${n}`, AccountState)
  const app = annals({ store, background: [balances] })
  return followed(app, async () => {
    const found = await app.find(balances, 'account-0')
    return (await app.count(balances)) * (found?.deposits ?? 0)
  })
}

/** The same, whose documents are found by their balance and by the number of deposits, too. */
export async function indexedViewFrom<Tx>(
  store: EventStore<Tx>,
  { n }: Newcomer,
): Promise<CatchUp> {
  const balances = view(`balances-${n}`, AccountState, { indexes: ['balance', 'deposits'] })
  const app = annals({ store, background: [balances] })
  return followed(app, async () => {
    const each = (await app.find(balances, 'account-0'))?.deposits ?? 0
    return (await app.count(balances, { deposits: each })) * each
  })
}

// `caughtUp` looks ten times a second: who hears when it is time asks then
async function followed<Tx>(
  app: App<Tx>,
  handled: () => number | Promise<number>,
  passed?: Promise<void>,
): Promise<CatchUp> {
  await app.load(Account, 'none') // opened, with its tables
  const caughtUp = () => app.caughtUp({ timeout: '5m' })
  return {
    run: async () => {
      await app.start()
      const seen = caughtUp()
      seen.catch(() => undefined) // the store is closed before it looks again
      await Promise.race([seen, passed ?? seen])
      await caughtUp()
      return handled()
    },
    close: () => app.close(),
  }
}
