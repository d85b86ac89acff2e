/** A transaction that is held open until it is told how to end. */
export interface HeldTransaction<Tx> {
  readonly tx: Tx
  commit(): Promise<void>
  /** Rolls it back; nothing, once it has ended. */
  rollback(): Promise<void>
}

/** Holds a transaction open that lasts as long as a callback, as those of postgres.js, PGlite and ORMs do. */
export async function held<Tx>(
  begin: (work: (tx: Tx) => Promise<void>) => Promise<unknown>,
): Promise<HeldTransaction<Tx>> {
  const begun = Promise.withResolvers<Tx>()
  const worked = Promise.withResolvers<void>()
  const rolledBack = new Error('rolled back')
  const ended = begin((tx) => {
    begun.resolve(tx)
    return worked.promise
  })
  ended.catch(begun.reject)
  return {
    tx: await begun.promise,
    commit: async () => {
      worked.resolve()
      await ended
    },
    rollback: async () => {
      worked.reject(rolledBack)
      await ended.catch((error: unknown) => {
        if (error !== rolledBack) throw error
      })
    },
  }
}
