import type { Session } from './session.ts'
import type { StreamName } from './store.ts'

const turns = new WeakMap<object, Map<string, Promise<unknown>>>()

/**
 * Commands on one stream go one after the other within a process: of those that run at once only one
 * could win, and the others would have decided for nothing. Other processes are met by the guard of the
 * append, and so is what runs in a transaction of the caller, for which others may be waiting.
 */
export async function inTurn<T>(
  { store, tenant, tx }: Session,
  { category, id }: StreamName,
  work: () => Promise<T>,
): Promise<T> {
  if (tx !== undefined) return work()
  const queue = turns.get(store) ?? new Map<string, Promise<unknown>>()
  turns.set(store, queue)
  const key = `${tenant}\0${category}\0${id}`
  const before = queue.get(key)
  const turn = before ? before.then(work, work) : work()
  queue.set(key, turn)
  try {
    return await turn
  } finally {
    if (queue.get(key) === turn) queue.delete(key)
  }
}
