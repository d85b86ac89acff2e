import { checkFollowed } from '../../store/refusals.ts'
import type { Followed, FollowOptions, Position, Query, StoredEvent } from '../../store/store.ts'
import type { Connection } from './connection.ts'
import { courseOf, pageLength, pageOf, type Course } from './course.ts'
import { streamOf, type OneStream } from './queries.ts'
import { lastPosition } from './recording.ts'

const defaultLimit = 1_000

// A call looks at one window of positions after another, each four times as wide, and ends when more than 3 ms have
// passed: so the last one takes 12 ms at most where they cost about the same. A query of 30 filters takes 1.6 µs for each.
const narrowest = 2_500
const wider = 4
const enough = 3

const lastUpTo = `
  select version, position
  from annals_events
  where tenant = ? and category = ? and stream_id = ? and version <= ?
  order by version desc
  limit 1`

/** What comes next, found in one go. */
export function following(
  connection: Connection,
  query: Query,
  options: Omit<FollowOptions, 'signal'>,
): Followed {
  checkFollowed(options, connection.epoch)
  const { after, limit = defaultLimit } = options
  const last = lastPosition(connection)
  if (last <= after) return { events: [], until: after }
  if (query.filters.length === 0) return { events: [], until: last }
  const { course, end, positionOf } = trailOf(connection, query, { after, last })
  const started = performance.now()
  const events: StoredEvent[] = []
  let reached = course.after
  let room = pageLength
  for (let span = narrowest; reached < end; span *= wider) {
    const until = Math.min(end, reached + span)
    const size = limit - events.length
    const window = { after: reached, until, backwards: false, size, room }
    const page = pageOf(connection, course, window)
    events.push(...page.events)
    room -= page.length
    const newest = page.events.at(-1)
    if (!page.whole && newest) return { events, until: newest.position }
    reached = until
    if (room <= 0 || performance.now() - started > enough) break
  }
  return { events, until: reached < end ? positionOf(reached) : last }
}

/** Along what a follower goes, in places of its course. */
interface Trail {
  readonly course: Course
  readonly end: number
  /** Up to which position everything was seen when a place was reached. */
  readonly positionOf: (place: number) => Position
}

function trailOf(
  connection: Connection,
  query: Query,
  { after, last }: { readonly after: Position; readonly last: Position },
): Trail {
  const stream = streamOf(query)
  if (!stream)
    return {
      course: courseOf(connection, query, { after, until: last }),
      end: last,
      positionOf: (position) => position,
    }
  const upTo = (version: number) => eventUpTo(connection, stream, version)
  const end = upTo(Number.MAX_SAFE_INTEGER)?.version ?? 0
  const versions = { after: versionAt(upTo, end, after), until: end }
  return {
    course: courseOf(connection, query, { after, until: last, versions }),
    end,
    positionOf: (version) => Math.max(after, upTo(version)?.position ?? 0),
  }
}

interface Place {
  readonly version: number
  readonly position: Position
}

function eventUpTo(
  connection: Connection,
  { tenant, category, id }: OneStream,
  version: number,
): Place | undefined {
  const row = connection.row<[number, Position]>(lastUpTo, tenant, category, id, version)
  return row && { version: row[0], position: row[1] }
}

// By halves, as no index has the positions of a stream: those of a long one would all be looked at in each call.
function versionAt(
  upTo: (version: number) => Place | undefined,
  end: number,
  position: Position,
): number {
  let [low, high] = [0, end]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const found = upTo(middle)
    if (found && found.position > position) high = found.version - 1
    else low = middle
  }
  return low
}
