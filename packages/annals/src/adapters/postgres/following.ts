import { admitFollow } from '../../store/admission.ts'
import { checkFollowed } from '../../store/refusals.ts'
import type { Followed, FollowOptions, Query, Settled, StoredEvent } from '../../store/store.ts'
import type { Row, Statement } from './database.ts'
import { isOtherEpoch } from './failures.ts'
import { eventOf, type Queries, type Window } from './queries.ts'
import type { SettledPosition } from './settled-position.ts'

/** How a follower reaches its database. */
export interface Followable {
  readonly queries: Queries
  readonly rows: (statement: Statement) => Promise<readonly Row[]>
  readonly settled: SettledPosition
}

// Positions that are looked through at a time for what matches: at first so many for each event that is asked for, then more
// of them where few match. Where nothing is known of the events yet, PostgreSQL may read and sort all of them.
const firstWindow = 4
const growth = 4
const longestWindow = 50_000

// bytes that a page may have, beside one event
const mostBytes = 8 * 1024 * 1024
const mostEvents = 10_000

/** What comes next for a follower. */
export async function following(
  store: Followable,
  query: Query,
  options: FollowOptions,
): Promise<Followed> {
  admitFollow(query, options)
  try {
    return await pageOf(store, query, options)
  } catch (error) {
    if (!isOtherEpoch(error)) throw error
    // a connection led to another database than the one whose settled position was known
    store.settled.forget()
    return pageOf(store, query, options)
  }
}

async function pageOf(
  { settled, ...store }: Followable,
  query: Query,
  options: FollowOptions,
): Promise<Followed> {
  const { after, limit, signal } = options
  const { position, epoch } = await settled.beyond(after)
  signal?.throwIfAborted()
  checkFollowed(options, epoch)
  const page = await pageUpTo(store, query, {
    after,
    position,
    epoch,
    ...(limit !== undefined && { limit }),
  })
  signal?.throwIfAborted()
  return page
}

/** Up to where the log has settled, and where to begin. */
interface Stretch extends Settled, Pick<FollowOptions, 'after' | 'limit'> {}

/** What comes next in a stretch of the log, or as much of it as a page may hold. */
export async function pageUpTo(
  store: Pick<Followable, 'queries' | 'rows'>,
  query: Query,
  { after, limit = 1_000, position, epoch }: Stretch,
): Promise<Followed> {
  if (position <= after) return { events: [], until: after }
  if (query.filters.length === 0) return { events: [], until: position }
  const end = Math.min(position, after + longestWindow)
  const size = Math.min(limit, mostEvents)
  const events: StoredEvent[] = []
  let until = after
  let room = mostBytes
  for (let length = size * firstWindow; until < end; length *= growth) {
    const window = {
      after: until,
      until: Math.min(end, until + length),
      size: size - events.length,
    }
    const part = await partOf(store, query, { window, epoch, room, largest: mostBytes / size })
    events.push(...part.events)
    until = part.until
    room -= sizeOf(part.events)
    if (until < window.until || events.length === size || room <= 0) break
  }
  return { events, until }
}

/** What a part of a page is taken from, and how many bytes are left for it. */
interface Part {
  readonly window: Omit<Window, 'backwards'>
  readonly epoch: string
  readonly room: number
  /** The bytes of an event from which it is taken for large. */
  readonly largest: number
}

async function partOf(
  { queries, rows }: Pick<Followable, 'queries' | 'rows'>,
  query: Query,
  { window, epoch, room, largest }: Part,
): Promise<Followed> {
  const given = { epoch, largest: Math.floor(largest) }
  const found = await rows(queries.followPage(query, { ...window, backwards: false }, given))
  const filled = await withContents({ queries, rows }, found, room)
  const events = filled.map((row) => eventOf(row))
  const ended = found.length < window.size && filled.length === found.length
  return { events, until: ended ? window.until : (events.at(-1)?.position ?? window.until) }
}

/** Rows with the contents of large events, as many of them from the first as there is room for. */
async function withContents(
  { queries, rows }: Pick<Followable, 'queries' | 'rows'>,
  found: readonly Row[],
  room: number,
): Promise<readonly Row[]> {
  const large = found.filter(isLarge).map(([position]) => Number(position))
  if (large.length === 0) return found
  const contents = await rows(queries.contents(large, room))
  const known = new Map(contents.map(([position, ...rest]) => [position, rest]))
  const end = found.findIndex((row) => isLarge(row) && !known.has(row[0]))
  return found.slice(0, end === -1 ? found.length : end).map((row) => {
    const [data = null, metadata = null] = known.get(row[0]) ?? []
    return isLarge(row) ? [...row.slice(0, 5), data, metadata, ...row.slice(7)] : row
  })
}

function sizeOf(events: readonly StoredEvent[]): number {
  return events.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0)
}

function isLarge(row: Row): boolean {
  return row[5] === null
}
