import { matches } from '../../store/filter.ts'
import type { Position, Query, ReadOptions, StoredEvent, StreamName } from '../../store/store.ts'

const none: readonly StoredEvent[] = []

/** The events of a memory store, with what finds them: by id, by stream, by tag. Positions are 1, 2, 3 … */
export class EventLog {
  readonly #all: StoredEvent[] = []
  readonly #byId = new Map<string, StoredEvent>()
  readonly #byStream = new Map<string, StoredEvent[]>()
  readonly #byTag = new Map<string, StoredEvent[]>()

  get last(): Position {
    return this.#all.length
  }

  byId(id: string): StoredEvent | undefined {
    return this.#byId.get(id)
  }

  versionOf(tenant: string, { category, id }: StreamName): number {
    return this.#byStream.get(key(tenant, category, id))?.length ?? 0
  }

  add(event: StoredEvent): void {
    const { tenant, stream, tags } = event
    this.#all.push(event)
    this.#byId.set(event.id, event)
    append(this.#byStream, key(tenant, stream.category, stream.id), event)
    for (const tag of tags) append(this.#byTag, key(tenant, tag), event)
  }

  /** The matching events, of those that are there when it is called. */
  *select(query: Query, options: ReadOptions = {}): Generator<StoredEvent> {
    const { after = 0, until = Infinity, versions, backwards = false } = options
    const { after: afterVersion = 0, until: untilVersion = Infinity } = versions ?? {}
    const candidates = this.#candidates(query, after)
    const start = firstAfter(candidates, after)
    const end = firstAfter(candidates, until)
    for (let step = 0; step < end - start; step++) {
      const event = candidates[backwards ? end - 1 - step : start + step] as StoredEvent
      if (event.version <= afterVersion || event.version > untilVersion) continue
      if (matches(event, query)) yield event
    }
  }

  /** The shortest list that holds every match: of a stream, of a tag, or of everything. */
  #candidates({ tenant, filters }: Query, after: Position): readonly StoredEvent[] {
    if (tenant === undefined) return this.#all
    const lists = filters.map(({ category, id, tags = [] }) => {
      if (category !== undefined && id !== undefined)
        return this.#byStream.get(key(tenant, category, id)) ?? none
      const tagged = tags.map((tag) => this.#byTag.get(key(tenant, tag)) ?? none)
      return shortest(tagged)
    })
    if (lists.some((list) => list === undefined)) return this.#all
    const [only, ...more] = lists as (readonly StoredEvent[])[]
    if (!only || more.length === 0) return only ?? none
    const later = [only, ...more].flatMap((list) => list.slice(firstAfter(list, after)))
    return [...new Set(later)].toSorted((a, b) => a.position - b.position)
  }
}

/** Where the events after a position begin in a list in position order. */
function firstAfter(events: readonly StoredEvent[], position: Position): number {
  let [low, high] = [0, events.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((events[middle] as StoredEvent).position <= position) low = middle + 1
    else high = middle
  }
  return low
}

function shortest(lists: readonly (readonly StoredEvent[])[]): readonly StoredEvent[] | undefined {
  return lists.toSorted((a, b) => a.length - b.length)[0]
}

// no name has a NUL in it, so that different names never make one key
function key(...names: readonly string[]): string {
  return names.join('\0')
}

function append(index: Map<string, StoredEvent[]>, name: string, event: StoredEvent): void {
  const list = index.get(name)
  if (list) list.push(event)
  else index.set(name, [event])
}
