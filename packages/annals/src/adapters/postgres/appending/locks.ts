import { factCategory } from '../../../core/aggregate.ts'
import type { Append, Filter, StreamName } from '../../../store/store.ts'

/** More keys than this would fill the lock table of the server, which all its processes share. */
export const mostLocks = 256

/**
 * What an append locks, and whether exclusively: shared what it appends to (the whole store, each tag) or
 * only checks, exclusively what nobody else may append to meanwhile.
 */
export function locksOf(append: Append): ReadonlyMap<string, boolean> {
  const { tenant, drafts, guard, once = [] } = append
  const locks = new Map<string, boolean>()
  const need = (name: string, exclusive: boolean) => {
    locks.set(name, exclusive || (locks.get(name) ?? false))
  }
  if (drafts.length > 0) need(storeLock(tenant), false)
  for (const { stream, tags } of drafts) {
    // a fact begins a stream that has its own id: nobody else knows it
    if (stream.category !== factCategory) need(streamLock(tenant, stream), true)
    for (const tag of tags) need(tagLock(tenant, tag), false)
  }
  for (const stream of guard?.streams ?? []) need(streamLock(tenant, stream), false)
  for (const { stream } of once) need(streamLock(tenant, stream), true)
  for (const filter of guard?.decision?.filters ?? []) need(filterLock(tenant, filter), true)
  return locks.size <= mostLocks ? locks : new Map([[storeLock(tenant), true]])
}

/** Whether an append keeps all others of its tenant out while it is on its way. */
export function locksStore(tenant: string, locks: ReadonlyMap<string, boolean>): boolean {
  return locks.get(storeLock(tenant)) === true
}

// whoever appends a match holds this lock too
function filterLock(tenant: string, { category, id, tags = [] }: Filter): string {
  const [tag] = tags
  if (tag !== undefined) return tagLock(tenant, tag)
  if (category !== undefined && id !== undefined && category !== factCategory)
    return streamLock(tenant, { category, id })
  return storeLock(tenant)
}

function storeLock(tenant: string): string {
  return `events/${tenant}`
}

function tagLock(tenant: string, tag: string): string {
  return `tag/${tenant}/${tag}`
}

function streamLock(tenant: string, { category, id }: StreamName): string {
  return `stream/${tenant}/${category}/${id}`
}
