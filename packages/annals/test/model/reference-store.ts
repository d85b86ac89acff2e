import type { ErrorCode } from '../../src/core/errors.ts'
import type {
  Append,
  Draft,
  Filter,
  OnceKey,
  Query,
  ReadOptions,
  Remembered,
  StoredEvent,
  StreamGuard,
  StreamName,
} from '../../src/store/store.ts'

interface Kept {
  readonly name: string
  readonly remembered: Remembered
  readonly until: number
}

/** What an append must become: its events, or an error. Positions are 1, 2, 3 … */
export type Expected = { readonly events: readonly StoredEvent[] } | { readonly code: ErrorCode }

/** An event store of lists and filters, too simple to be wrong. */
export class ReferenceStore {
  readonly events: StoredEvent[] = []
  readonly #keys: Kept[] = []
  readonly #keepOnce: number

  /** `keepOnce` is in milliseconds. */
  constructor(keepOnce: number) {
    this.#keepOnce = keepOnce
  }

  append(append: Append, now: Date): Expected {
    const { tenant, drafts, once = [], guard = {} } = append
    const stored = drafts.map(({ id }) => this.events.find((event) => event.id === id))
    if (stored.some((event) => event !== undefined)) {
      const same = drafts.every((draft, index) => isSame(tenant, draft, stored[index]))
      return same
        ? { events: stored.filter((event) => event !== undefined) }
        : { code: 'ANNALS_ID_REUSED' }
    }
    for (const key of once) {
      const known = this.remembered(tenant, key, now)
      if (known && known.fingerprint !== key.fingerprint) return { code: 'ANNALS_ONCE_MISMATCH' }
      if (known) return { code: 'ANNALS_CONFLICT' }
    }
    if ((guard.streams ?? []).some((stream) => !this.#holds(tenant, stream)))
      return { code: 'ANNALS_CONFLICT' }
    if (guard.decision) {
      const { filters, after } = guard.decision
      const come = this.read({ tenant, filters }, { after: after.position })
      if (come.some(({ position }) => !after.seen.includes(position)))
        return { code: 'ANNALS_CONFLICT' }
    }
    const events = drafts.map((draft) => this.#record(tenant, draft, now))
    for (const { fingerprint, version, events: count, ...key } of once) {
      const remembered = { fingerprint, version, events: count, position: this.events.length }
      const until = now.getTime() + this.#keepOnce
      this.#keys.unshift({ name: nameOf(tenant, key), remembered, until })
    }
    return { events }
  }

  read({ tenant, filters }: Query, options: ReadOptions = {}): readonly StoredEvent[] {
    const { after = 0, until = Infinity, versions = {}, limit, backwards = false } = options
    const found = this.events.filter(
      (event) =>
        (tenant === undefined || event.tenant === tenant) &&
        filters.some((filter) => passes(event, filter)) &&
        event.position > after &&
        event.position <= until &&
        event.version > (versions.after ?? 0) &&
        event.version <= (versions.until ?? Infinity),
    )
    return (backwards ? found.toReversed() : found).slice(0, limit)
  }

  remembered(tenant: string, key: OnceKey, now: Date): Remembered | undefined {
    const name = nameOf(tenant, key)
    return this.#keys.find((kept) => kept.name === name && kept.until > now.getTime())?.remembered
  }

  versionOf(tenant: string, { category, id }: StreamName): number {
    return this.read({ tenant, filters: [{ category, id }] }).length
  }

  #holds(tenant: string, guard: StreamGuard): boolean {
    const version = this.versionOf(tenant, guard)
    if (guard.version === 'none') return version === 0
    if (guard.version === 'some') return version > 0
    return version === guard.version
  }

  #record(tenant: string, draft: Draft, now: Date): StoredEvent {
    const version = this.versionOf(tenant, draft.stream) + 1
    const event = { ...draft, tenant, version, position: this.events.length + 1, at: now }
    this.events.push(event)
    return event
  }
}

function isSame(tenant: string, draft: Draft, event: StoredEvent | undefined): boolean {
  if (!event) return false
  const { version, position, at } = event
  return (
    JSON.stringify(sorted({ ...draft, tenant, version, position, at })) ===
    JSON.stringify(sorted(event))
  )
}

function sorted(event: StoredEvent): unknown {
  return Object.entries(event).toSorted(([one], [other]) => (one < other ? -1 : 1))
}

function passes(event: StoredEvent, { category, id, types, tags = [] }: Filter): boolean {
  return (
    (category === undefined || event.stream.category === category) &&
    (id === undefined || event.stream.id === id) &&
    (types === undefined || types.includes(event.type)) &&
    tags.every((tag) => event.tags.includes(tag))
  )
}

function nameOf(tenant: string, { stream, key }: OnceKey): string {
  return JSON.stringify([tenant, stream.category, stream.id, key])
}
