import type { Place } from './postgres-server.ts'

/** What a function of Annals does for its locks: from one text to the next, which stays. Both must be there. */
interface Locking {
  readonly of: string
  readonly from: string
  readonly until: string
  /** What is needed in its place. */
  readonly needed: string
}

const appending: readonly Locking[] = [
  {
    of: 'append_events',
    from: '  if patience is null then\n',
    until: '  stamped := stamp();\n',
    needed: '',
  },
  {
    of: 'append_event',
    from: '  if to_share_too is not null then\n',
    until: '  insert into events (position',
    needed: '  perform stamp();\n',
  },
]
const stamping: Locking = {
  of: 'stamp',
  from: '    when not pg_try_advisory_xact_lock_shared(',
  until: '    else set_config(',
  needed: '',
}

/** Takes the locks and the stamps out of the functions of Annals, to see what they cost. Nothing is right then. */
export async function withoutLocks(place: Place): Promise<void> {
  for (const each of [...appending, stamping]) await replace(place, each, '')
}

/** One lock of the whole store in the place of all others, as other stores have it: it orders positions, too. */
export async function withOneLock(place: Place): Promise<void> {
  for (const each of appending)
    await replace(place, each, "  perform pg_advisory_xact_lock(lock_key('all'));\n")
  await replace(place, stamping, '')
}

async function replace(
  { query, schema }: Place,
  { of, from, until, needed }: Locking,
  by: string,
): Promise<void> {
  const [row] = await query(
    'select pg_get_functiondef(oid) from pg_proc where proname = $1 and pronamespace = $2::regnamespace',
    [of, schema],
  )
  const text = String(row?.[0])
  const begin = text.indexOf(from)
  const end = text.indexOf(until, begin)
  if (begin < 0 || end < 0)
    throw new Error(`the function ${of} has no ${JSON.stringify(begin < 0 ? from : until)}`)
  await query(text.slice(0, begin) + by + needed + text.slice(end))
}
