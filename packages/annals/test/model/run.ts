import assert from 'node:assert/strict'
import { milliseconds } from '../../src/core/duration.ts'
import type { Duration } from '../../src/core/duration.ts'
import { AnnalsError } from '../../src/core/errors.ts'
import type {
  Append,
  EventStore,
  OnceKey,
  Position,
  Query,
  ReadOptions,
  Settled,
  StoredEvent,
} from '../../src/store/store.ts'
import { clock } from '../../src/testing/clock.ts'
import type { MovableClock } from '../../src/testing/clock.ts'
import type { StoreOptions } from '../../src/testing/contracts/store/scene.ts'
import { ReferenceStore } from './reference-store.ts'

/** An append for the store, and the same for the reference, which counts positions 1, 2, 3 … */
export interface Twin {
  readonly real: Append
  readonly counted: Append
}

const keepOnce: Duration = '10d'

/** Operations on a store, each compared with what the reference does. */
export class Run {
  readonly reference: ReferenceStore = new ReferenceStore(milliseconds(keepOnce, 'keepOnce'))
  readonly clock: MovableClock = clock()
  readonly sent: Twin[] = []
  /** What was settled when, and how many events there were. */
  readonly looks: { readonly settled: Settled; readonly count: number }[] = []
  readonly #handles: readonly EventStore[]
  readonly #positions: Position[] = []
  #turn = 0
  #drafts = 0

  /** Several handles on the same events take turns. */
  constructor(open: (options: StoreOptions) => readonly EventStore[]) {
    this.#handles = open({ clock: this.clock, keepOnce })
  }

  async append(twin: Twin): Promise<void> {
    this.sent.push(twin)
    const expected = this.reference.append(twin.counted, this.clock())
    const actual = await this.#next().append(twin.real).catch(codeOf)
    if ('code' in expected || 'code' in actual) return assert.deepEqual(actual, expected)
    this.#positions.push(...actual.events.map(({ position }) => position).filter(this.#isNew))
    assert.deepEqual(this.#counted(actual.events), expected.events)
    const last = expected.events.at(-1)?.position ?? this.reference.events.length
    assert.equal(actual.position, this.place(last))
  }

  async read(query: Query, { after, until, ...options }: ReadOptions): Promise<void> {
    const found: StoredEvent[] = []
    const places = {
      ...options,
      ...(after !== undefined && { after: this.place(after) }),
      ...(until !== undefined && { until: this.place(until) }),
    }
    for await (const page of this.#next().read(query, places)) {
      assert.ok(page.length > 0 && page.length <= (options.page ?? 1_000))
      found.push(...page)
    }
    const counts = {
      ...options,
      ...(after !== undefined && { after }),
      ...(until !== undefined && { until }),
    }
    assert.deepEqual(this.#counted(found), this.reference.read(query, counts))
  }

  async remembered(tenant: string, key: OnceKey): Promise<void> {
    const expected = this.reference.remembered(tenant, key, this.clock())
    const actual = await this.#next().remembered(tenant, key)
    assert.deepEqual(actual, expected && { ...expected, position: this.place(expected.position) })
  }

  async look(): Promise<void> {
    const count = this.reference.events.length
    const settled = await this.#next().settled()
    assert.equal(settled.position, this.place(count))
    this.looks.push({ settled, count })
  }

  async close(): Promise<void> {
    for (const store of this.#handles) await store.close()
  }

  /** An id that no other draft of this run has. */
  draftId(): string {
    return `00000000-0000-7000-8000-${(++this.#drafts).toString(16).padStart(12, '0')}`
  }

  /** Where the store has the event that the reference counts so; beyond the end, also there. */
  place(count: number): Position {
    const last = this.#positions.at(-1) ?? 0
    return count === 0 ? 0 : (this.#positions[count - 1] ?? last + count)
  }

  #counted(events: readonly StoredEvent[]): readonly StoredEvent[] {
    return events.map((event) => ({
      ...event,
      position: this.#positions.indexOf(event.position) + 1,
    }))
  }

  readonly #isNew = (position: Position): boolean => position > (this.#positions.at(-1) ?? 0)

  #next(): EventStore {
    const store = this.#handles[this.#turn++ % this.#handles.length]
    assert.ok(store, 'a run has a handle')
    return store
  }
}

function codeOf(error: unknown): Pick<AnnalsError, 'code'> {
  if (!isRefusal(error)) throw error
  return { code: error.code }
}

function isRefusal(error: unknown): error is AnnalsError {
  return error instanceof AnnalsError
}
