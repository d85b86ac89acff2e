import { matches } from '../../store/filter.ts'
import type {
  Draft,
  Followed,
  FollowOptions,
  Position,
  Query,
  ReadOptions,
  StoredEvent,
  StreamName,
} from '../../store/store.ts'

type Lists = Map<string, StoredEvent[]>

const none: readonly StoredEvent[] = []
/** How many events are looked at in one turn, so that nobody else waits for long: 1 ms, about. */
const longestLook = 10_000
const untagged: readonly string[] = Object.freeze([])

/** The events of a memory store, with what finds them: by id, by stream, by tag. Positions are 1, 2, 3 … */
export class EventLog {
  readonly #all: StoredEvent[] = []
  readonly #byId = new Map<string, StoredEvent>()
  // by tenant, category and id: one map by the three joined took 0.3 µs more of an append's 2.9
  readonly #byStream = new Map<string, Map<string, Lists>>()
  /** By tenant and tag. */
  readonly #byTag = new Map<string, Lists>()

  get last(): Position {
    return this.#all.length
  }

  byId(id: string): StoredEvent | undefined {
    return this.#byId.get(id)
  }

  versionOf(tenant: string, stream: StreamName): number {
    return this.#ofStream(tenant, stream).length
  }

  /** The events that drafts become when they are added next, in their order. */
  next(tenant: string, drafts: readonly Draft[], at: Date): StoredEvent[] {
    // by stream, once there are several that may be of one
    const versions = drafts.length > 1 ? new Map<string, number>() : undefined
    return drafts.map((draft, index) => {
      const { id, type, schemaVersion, data, metadata } = draft
      const key = versions && `${draft.stream.category}\0${draft.stream.id}`
      const known = this.#ofStream(tenant, draft.stream)
      const version = ((key === undefined ? undefined : versions?.get(key)) ?? known.length) + 1
      if (key !== undefined) versions?.set(key, version)
      const position = this.last + index + 1
      // copies that nobody can change, so that what a caller does with its own changes no history
      const stream = known[0]?.stream ?? Object.freeze({ ...draft.stream })
      const tags = draft.tags.length === 0 ? untagged : Object.freeze([...draft.tags])
      return {
        position,
        tenant,
        stream,
        version,
        id,
        type,
        schemaVersion,
        data,
        metadata,
        tags,
        at,
      }
    })
  }

  /** Adds events at the end, as `next` gave them. */
  add(events: readonly StoredEvent[]): void {
    for (const event of events) {
      this.#all.push(event)
      this.#byId.set(event.id, event)
      this.#makeStream(event.tenant, event.stream).push(event)
      for (const tag of event.tags) this.#makeTag(event.tenant, tag).push(event)
    }
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

  /** What comes after a position, as far as it goes at once. */
  follow(query: Query, { after, limit = 1_000 }: FollowOptions): Followed {
    const candidates = this.#candidates(query, after)
    const start = firstAfter(candidates, after)
    const events: StoredEvent[] = []
    for (let index = start; index < candidates.length; index++) {
      const event = candidates[index] as StoredEvent
      if (index - start === longestLook) return { events, until: event.position - 1 }
      if (!matches(event, query)) continue
      events.push(event)
      if (events.length === limit) return { events, until: event.position }
    }
    return { events, until: Math.max(after, this.last) }
  }

  /** The shortest list that holds every match: of a stream, of a tag, or of everything. */
  #candidates({ tenant, filters }: Query, after: Position): readonly StoredEvent[] {
    if (tenant === undefined) return this.#all
    const lists = filters.map(({ category, id, tags = [] }) => {
      if (category !== undefined && id !== undefined)
        return this.#ofStream(tenant, { category, id })
      const tagged = tags.map((tag) => this.#byTag.get(tenant)?.get(tag) ?? none)
      return shortest(tagged)
    })
    if (lists.some((list) => list === undefined)) return this.#all
    const [only, ...more] = lists as (readonly StoredEvent[])[]
    if (!only || more.length === 0) return only ?? none
    const later = [only, ...more].flatMap((list) => list.slice(firstAfter(list, after)))
    return [...new Set(later)].toSorted((a, b) => a.position - b.position)
  }

  #ofStream(tenant: string, { category, id }: StreamName): readonly StoredEvent[] {
    return this.#byStream.get(tenant)?.get(category)?.get(id) ?? none
  }

  #makeStream(tenant: string, { category, id }: StreamName): StoredEvent[] {
    const categories = getOrMake(this.#byStream, tenant, () => new Map<string, Lists>())
    const streams = getOrMake(categories, category, (): Lists => new Map())
    return getOrMake(streams, id, newList)
  }

  #makeTag(tenant: string, tag: string): StoredEvent[] {
    const tags = getOrMake(this.#byTag, tenant, (): Lists => new Map())
    return getOrMake(tags, tag, newList)
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

function getOrMake<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

function newList(): StoredEvent[] {
  return []
}
