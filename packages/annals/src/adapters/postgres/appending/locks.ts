import { factCategory } from '../../../core/aggregate.ts'
import type { Inline, InlineKey, ProcessorName } from '../../../store/ledger.ts'
import { hashOf } from '../../../store/slices.ts'
import type { Append, Filter, StreamName } from '../../../store/store.ts'

/** More keys than this would fill the lock table of the server, which all its processes share. */
export const mostLocks = 256

/**
 * The locks of the store. An append shares one of them, by its tenant; who holds all of them keeps out every append.
 * They are few, so that this takes no longer where there are many tenants.
 */
export const storeLocks: readonly string[] = Array.from({ length: 16 }, (_, n) => `events/${n}`)

/**
 * What an append locks, and whether exclusively: shared what it appends to (the whole store, each tag) or
 * only checks, exclusively what nobody else may append to meanwhile, and the documents it may change.
 */
export function locksOf(append: Append): ReadonlyMap<string, boolean> {
  const { tenant, drafts, guard, once = [], inline } = append
  const locks = new Map<string, boolean>()
  const need = (name: string, exclusive: boolean) => {
    locks.set(name, exclusive || (locks.get(name) ?? false))
  }
  need(storeLock(tenant), false)
  for (const { stream, tags } of drafts) {
    // a fact begins a stream that has its own id: nobody else knows it
    if (stream.category !== factCategory) need(streamLock(tenant, stream), true)
    for (const tag of tags) need(tagLock(tenant, tag), false)
  }
  for (const stream of guard?.streams ?? []) need(streamLock(tenant, stream), false)
  for (const { stream } of once) need(streamLock(tenant, stream), true)
  for (const filter of guard?.decision?.filters ?? []) need(filterLock(tenant, filter), true)
  for (const name of inline ? documentLocks(inline) : []) need(name, true)
  return locks.size <= mostLocks ? locks : new Map([[storeLock(tenant), true]])
}

/** The locks of the documents that an append may change. */
export function documentLocks({ models, documents }: Inline): readonly string[] {
  return documents.map((document) => documentLock(models, document))
}

/** The same, with every lock of the store, exclusively. */
export function withStoreLocks(locks: ReadonlyMap<string, boolean>): ReadonlyMap<string, boolean> {
  return new Map([...locks, ...storeLocks.map((name) => [name, true] as const)])
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
  return storeLocks[hashOf({ tenant, queue: '' }) % storeLocks.length] as string
}

function tagLock(tenant: string, tag: string): string {
  return `tag/${tenant}/${tag}`
}

function documentLock(models: Inline['models'], { model, tenant, key }: InlineKey): string {
  const { name, version } = models[model] as ProcessorName // `model` is a place in it
  return `document/${name}/${version}/${tenant}/${key}`
}

function streamLock(tenant: string, { category, id }: StreamName): string {
  return `stream/${tenant}/${category}/${id}`
}
