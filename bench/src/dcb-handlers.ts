import type { CatchUp } from './catch-up.ts'
import { dcbPackages } from './dcb-es.ts'
import { newPool, type Where } from './postgres-server.ts'

/** How many events there are. */
interface Log extends Where {
  readonly events: number
}

/** A handler that counts; each event has a transaction with its bookmark. */
export async function dcbHandlerFrom({ url, events }: Log, n: number): Promise<CatchUp> {
  if (typeof dcbPackages === 'string') throw new Error(dcbPackages)
  const [, { PostgresEventStore, ensureHandlersInstalled, runHandler }] = dcbPackages
  const pool = newPool(url)
  const [handlerName, bookmarkTableName] = [`counting-${n}`, 'bookmarks']
  await ensureHandlersInstalled(pool, [handlerName], bookmarkTableName)
  const done = new AbortController()
  let handled = 0
  const MoneyDeposited = () => {
    if (++handled === events) done.abort()
  }
  return {
    run: async () => {
      const { promise } = runHandler({
        pool,
        handlerName,
        bookmarkTableName,
        signal: done.signal,
        eventStore: new PostgresEventStore({ pool }),
        handlerFactory: () => ({ when: { MoneyDeposited } }),
      })
      await promise
      return handled
    },
    close: () => pool.end(),
  }
}

/** A subscription that counts, and keeps no bookmark at all. */
export async function dcbSubscriptionFrom({ url, events }: Log): Promise<CatchUp> {
  if (typeof dcbPackages === 'string') throw new Error(dcbPackages)
  const [{ Query, SequencePosition }, { PostgresEventStore }] = dcbPackages
  const pool = newPool(url)
  const store = new PostgresEventStore({ pool })
  return {
    run: async () => {
      const { signal } = new AbortController()
      let handled = 0
      const after = SequencePosition.initial()
      for await (const _ of store.subscribe(Query.all(), { after, signal }))
        if (++handled === events) break
      return handled
    },
    close: () => pool.end(),
  }
}
