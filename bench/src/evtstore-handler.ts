import type { CatchUp } from './catch-up.ts'
import { peers } from './peers.ts'
import { newPool, type Where } from './postgres-server.ts'

/** The subset of `evtstore` that is called. */
interface DomainPackage {
  readonly createHandler: (options: {
    readonly bookmark: string
    readonly streams: readonly string[]
    readonly provider: object
  }) => Handler
}

interface Handler {
  handle(stream: string, type: string, callback: () => Promise<void>): void
  runOnce(): Promise<number>
  readonly __handler: { run: () => Promise<void> }
}

/** The subset of `evtstore/provider/pg` that is called. */
interface Package {
  readonly createProvider: (tables: {
    readonly client: object
    readonly events: string
    readonly bookmarks: string
    readonly limit: number
  }) => object
}

/** The packages of evtstore, or why they cannot be used. */
export const evtstorePackages = peers('evtstore', 'evtstore/provider/pg') as
  readonly [DomainPackage, Package] | string

/** A handler that counts, in pages of 1,000. */
export async function handlerFrom(
  [{ createHandler }, { createProvider }]: readonly [DomainPackage, Package],
  { url }: Where,
  n: number,
): Promise<CatchUp> {
  const client = newPool(url)
  const provider = createProvider({
    client,
    events: 'events',
    bookmarks: 'bookmarks',
    limit: 1_000,
  })
  const handler = createHandler({ bookmark: `counting-${n}`, streams: ['account'], provider })
  let handled = 0
  handler.handle('account', 'MoneyDeposited', async () => {
    handled++
  })
  // a handler looks every second whether it was started, and nothing of its own ends that
  handler['__handler'].run = async () => undefined
  return {
    run: async () => {
      await handler.runOnce()
      return handled
    },
    close: () => client.end(),
  }
}
