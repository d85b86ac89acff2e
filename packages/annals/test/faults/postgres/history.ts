/** An event on its way. */
export interface SentEvent {
  readonly id: string
  readonly stream: string
}

/** Where an event went. */
export interface Place {
  readonly position: number
  readonly version: number
}

/**
 * What a writer knows of an append of its own: it is there, it is not, it may be, or it ended with an error that
 * says nothing of the kind.
 */
export type Outcome = 'acknowledged' | 'refused' | 'unknown' | 'failed'

/** An append that a writer made. */
export interface Attempt {
  readonly writer: string
  /** What it was for. */
  readonly deed: string
  readonly events: readonly SentEvent[]
  readonly outcome: Outcome
  /** When it began and when its outcome was known, by a clock that all writers share. */
  readonly began: number
  readonly ended: number
  /** Where its events went, when it was acknowledged. */
  readonly places?: readonly Place[]
  /** The error that it ended with, unless it was acknowledged. */
  readonly error?: string
}

/** An event that is there in the end. */
export interface KeptEvent extends SentEvent, Place {
  readonly tags: readonly string[]
}

/** What a follower has seen, in its order, and up to where it says that it has seen everything. */
export interface Followed {
  readonly follower: string
  readonly cursor: number
  readonly seen: readonly { readonly id: string; readonly position: number }[]
}

/** All that is known after a run. */
export interface History {
  readonly attempts: readonly Attempt[]
  readonly kept: readonly KeptEvent[]
  readonly followed: readonly Followed[]
  /** How many events of one tag there may be, where decisions look to that. */
  readonly mostOfTag?: number
}

/** What may be wrong with a history. */
export type FaultKind =
  | 'lost' // an acknowledged event is not there
  | 'displaced' // it is, at another place than was acknowledged
  | 'phantom' // a refused event is there
  | 'foreign' // an event is there that nobody sent
  | 'torn' // a part of an append is there
  | 'shuffled' // the events of an append are there in another order
  | 'copied' // an id or a position is there twice
  | 'hole' // the versions of a stream are not 1, 2, 3 …
  | 'twisted' // later versions of a stream have lower positions
  | 'backdated' // an append that began after another's answer has a lower position
  | 'overdrawn' // decisions let more through than they may
  | 'missed' // a follower passed an event that it had not seen
  | 'doubled' // a follower saw an event twice
  | 'inverted' // a follower saw an event before one with a lower position
  | 'imagined' // a follower saw an event that is not there
  | 'failed' // an append ended with an error that no append may end with

/** One thing that is wrong. */
export interface Fault {
  readonly kind: FaultKind
  readonly what: string
}

/** Everything that is wrong with a history: nothing, when the store keeps its promises. */
export function faultsOf({ attempts, kept, followed, mostOfTag }: History): readonly Fault[] {
  const keptById = new Map(kept.map((event) => [event.id, event]))
  const sentIds = new Set(attempts.flatMap(({ events }) => events.map(({ id }) => id)))
  const streams = grouped(kept, ({ stream }) => [stream])
  return [
    ...attempts.flatMap((attempt) => faultsOfAttempt(attempt, keptById)),
    ...kept.filter(({ id }) => !sentIds.has(id)).map((event) => fault('foreign', event)),
    ...repeated(kept, ({ id }) => id).map((event) => fault('copied', event)),
    ...repeated(kept, ({ position }) => position).map((event) => fault('copied', event)),
    ...[...streams.values()].flatMap(faultsOfStream),
    ...backdated(attempts),
    ...(mostOfTag === undefined ? [] : overdrawn(kept, mostOfTag)),
    ...followed.flatMap((each) => faultsOfFollower(each, kept)),
  ]
}

/** The first things that are wrong with a history: enough to look at. */
export function firstFaults(history: History): readonly Fault[] {
  return faultsOf(history).slice(0, 5)
}

/** The kinds of some faults, each once. */
export function kindsOf(faults: readonly Fault[]): readonly FaultKind[] {
  return [...new Set(faults.map(({ kind }) => kind))].toSorted()
}

function fault(kind: FaultKind, what: unknown): Fault {
  return { kind, what: JSON.stringify(what) }
}

function faultsOfAttempt(attempt: Attempt, kept: ReadonlyMap<string, KeptEvent>): Fault[] {
  const { events, outcome, places = [] } = attempt
  const there = events.flatMap(({ id }) => kept.get(id) ?? [])
  const faults: Fault[] = []
  if (outcome === 'failed') faults.push(fault('failed', attempt))
  if (outcome === 'acknowledged' && there.length < events.length)
    faults.push(fault('lost', attempt))
  else if (there.length > 0 && there.length < events.length) faults.push(fault('torn', attempt))
  if (outcome === 'refused' && there.length > 0) faults.push(fault('phantom', attempt))
  if (there.some(({ position }, index) => position <= (there[index - 1]?.position ?? 0)))
    faults.push(fault('shuffled', attempt))
  for (const [index, { position, version }] of places.entries()) {
    const event = kept.get(events[index]?.id ?? '')
    if (event && (event.position !== position || event.version !== version))
      faults.push(fault('displaced', { acknowledged: places[index], event }))
  }
  return faults
}

function faultsOfStream(stream: readonly KeptEvent[]): Fault[] {
  const inOrder = stream.toSorted((a, b) => a.version - b.version)
  return inOrder.flatMap((event, index) => [
    ...(event.version === index + 1 ? [] : [fault('hole', event)]),
    ...(event.position > (inOrder[index - 1]?.position ?? 0) ? [] : [fault('twisted', event)]),
  ])
}

function backdated(attempts: readonly Attempt[]): Fault[] {
  const placed = attempts.filter(({ places = [] }) => places.length > 0)
  const answered = placed.toSorted((a, b) => a.ended - b.ended)
  let [next, highest] = [0, 0]
  return placed
    .toSorted((a, b) => a.began - b.began)
    .flatMap((attempt) => {
      for (let before; (before = answered[next]) && before.ended < attempt.began; next++)
        highest = Math.max(highest, ...positionsOf(before))
      return Math.min(...positionsOf(attempt)) > highest
        ? []
        : [fault('backdated', { attempt, answeredBefore: highest })]
    })
}

function positionsOf({ places = [] }: Attempt): readonly number[] {
  return places.map(({ position }) => position)
}

function overdrawn(kept: readonly KeptEvent[], most: number): Fault[] {
  return [...grouped(kept, ({ tags }) => tags)]
    .filter(([, events]) => events.length > most)
    .map(([tag, events]) => fault('overdrawn', { tag, events }))
}

function faultsOfFollower(
  { follower, cursor, seen }: Followed,
  kept: readonly KeptEvent[],
): Fault[] {
  const places = new Map(kept.map(({ id, position }) => [id, position]))
  const ids = new Set(seen.map(({ id }) => id))
  let highest = 0
  const inverted = seen.filter(({ position }) => {
    const before = highest
    highest = Math.max(highest, position)
    return position < before
  })
  const missed = kept.filter(({ id, position }) => position <= cursor && !ids.has(id))
  const tell = (kind: FaultKind) => (event: object) => fault(kind, { follower, ...event })
  return [
    ...missed.map(tell('missed')),
    ...repeated(seen, ({ id }) => id).map(tell('doubled')),
    ...inverted.map(tell('inverted')),
    ...seen.filter(({ id, position }) => places.get(id) !== position).map(tell('imagined')),
  ]
}

function repeated<Item>(items: readonly Item[], keyOf: (item: Item) => unknown): readonly Item[] {
  const met = new Set<unknown>()
  return items.filter((item) => {
    const key = keyOf(item)
    const known = met.has(key)
    met.add(key)
    return known
  })
}

function grouped<Item>(
  items: readonly Item[],
  keysOf: (item: Item) => readonly string[],
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items)
    for (const key of keysOf(item)) {
      const group = groups.get(key)
      if (group) group.push(item)
      else groups.set(key, [item])
    }
  return groups
}
