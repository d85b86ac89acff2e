import type {
  HashRange,
  Parked,
  ParkedName,
  ParkedQuery,
  ParkedRequest,
  Parking,
  ProcessorName,
  QueueName,
} from '../../store/ledger.ts'
import type { Position } from '../../store/store.ts'
import { compareTexts } from '../../store/texts.ts'

/** The events of a queue that are parked, in the order of their positions; never none. */
interface Queue extends QueueName, ProcessorName {
  readonly hash: number
  readonly events: readonly [Parked, ...Parked[]]
}

/** A parked event that was handled, or dropped. */
export type Settled = QueueName & { readonly position: Position }

/** The parked events of a memory store: of each processor, by queue. */
export class ParkedEvents {
  readonly #queues = new Map<string, Queue>()

  /** Puts an event aside, or again. */
  park(processor: ProcessorName, { delay, ...parking }: Parking, now: Date): void {
    const { name, version } = processor
    const { position, tenant, queue, hash } = parking
    const others = this.#queue(processor, parking)?.events ?? []
    const before = others.find((event) => event.position === position)
    const next = delay === undefined ? undefined : new Date(now.getTime() + delay)
    const at = before?.at ?? now
    const event: Parked = { name, version, ...parking, at, next, request: undefined }
    const events = [...others.filter((other) => other !== before), event]
    this.#set({ name, version, tenant, queue, hash }, events)
  }

  /** Takes events out; gives what is first now in each of their queues. */
  settle(processor: ProcessorName, settled: readonly Settled[]): readonly Parked[] {
    const touched = new Map<string, QueueName>()
    for (const { tenant, queue: name, position } of settled) {
      const queue = this.#queue(processor, { tenant, queue: name })
      if (!queue) continue
      touched.set(keyOf(processor, queue), queue)
      this.#set(
        queue,
        queue.events.filter((event) => event.position !== position),
      )
    }
    return [...touched.values()].flatMap((queue) => this.#queue(processor, queue)?.events[0] ?? [])
  }

  /** Notes a request; false when there is no event of the name. */
  request(name: ParkedName, request: ParkedRequest): boolean {
    const queue = this.#queue(name, name)
    if (!queue?.events.some(({ position }) => position === name.position)) return false
    this.#set(
      queue,
      queue.events.map((event) =>
        event.position === name.position ? { ...event, request } : event,
      ),
    )
    return true
  }

  queuesOf(processor: ProcessorName, { first, last }: HashRange): readonly Queue[] {
    return [...this.#queues.values()].filter(
      ({ name, version, hash }) =>
        name === processor.name && version === processor.version && first <= hash && hash <= last,
    )
  }

  /** The heads that are due, the oldest first. */
  due(processor: ProcessorName, range: HashRange, now: Date): readonly Parked[] {
    return this.queuesOf(processor, range)
      .map(({ events: [head] }) => head)
      .filter((head) => isDue(head, now))
      .toSorted(byPosition)
  }

  list({ processor, queue, after, limit }: ParkedQuery): readonly Parked[] {
    const events = [...this.#queues.values()].flatMap((one) => one.events)
    const listed = events.filter(
      (event) =>
        (!after || byName(event, after) > 0) &&
        (!processor || (event.name === processor.name && event.version === processor.version)) &&
        (!queue || (event.tenant === queue.tenant && event.queue === queue.queue)),
    )
    return listed.toSorted(byName).slice(0, limit)
  }

  /** Takes out all events of a processor. */
  forget(processor: ProcessorName): void {
    for (const queue of this.queuesOf(processor, { first: 0, last: Infinity })) this.#set(queue, [])
  }

  #queue(processor: ProcessorName, queue: QueueName): Queue | undefined {
    return this.#queues.get(keyOf(processor, queue))
  }

  #set(
    { name, version, tenant, queue, hash }: Omit<Queue, 'events'>,
    events: readonly Parked[],
  ): void {
    const [first, ...more] = events.toSorted(byPosition)
    const key = keyOf({ name, version }, { tenant, queue })
    if (!first) this.#queues.delete(key)
    else this.#queues.set(key, { name, version, tenant, queue, hash, events: [first, ...more] })
  }
}

/** Whether nothing but a person will try an event again, and nobody has asked for it. */
export function isStuck({ attempts, next, request }: Parked): boolean {
  return attempts > 0 && next === undefined && request === undefined
}

// what was never tried has only waited behind another, which is gone
function isDue({ attempts, next, request }: Parked, now: Date): boolean {
  return attempts === 0 || request !== undefined || (next !== undefined && next <= now)
}

function byPosition(one: Parked, next: Parked): number {
  return one.position - next.position
}

function byName(one: ParkedName, next: ParkedName): number {
  return (
    one.position - next.position ||
    compareTexts(one.name, next.name) ||
    compareTexts(one.version, next.version) ||
    compareTexts(one.tenant, next.tenant) ||
    compareTexts(one.queue, next.queue)
  )
}

// names hold no NUL
function keyOf({ name, version }: ProcessorName, { tenant, queue }: QueueName): string {
  return [name, version, tenant, queue].join('\0')
}
