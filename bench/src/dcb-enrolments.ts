import { metadata } from './drafts.ts'
import { dcbPackages, type SequencePosition } from './dcb-es.ts'
import { enrolmentOf, pairInSql, pairOf, type Pair, type RegistrarKind } from './enrolments.ts'
import { newPool, type Place } from './postgres-server.ts'

const type = 'StudentEnrolled'
const types = [type]

/** dcb-es. */
export const dcbRegistrar: RegistrarKind = {
  name: 'dcb-es',
  ...(typeof dcbPackages === 'string' && { missing: dcbPackages }),
  open: async ({ url }) => {
    if (typeof dcbPackages === 'string') throw new Error(dcbPackages)
    const [{ Query, SequencePosition, Tags }, { PostgresEventStore }] = dcbPackages
    const pool = newPool(url)
    const store = new PostgresEventStore({ pool })
    await store.ensureInstalled()
    const { rows } = await pool.query<{ readonly head: string }>(
      'select coalesce(max(sequence_position), 0) as head from events',
    )
    const head = SequencePosition.fromString(rows[0]?.head ?? '0')
    const eventOf = (pair: Pair) => ({
      type,
      tags: Tags.from([courseTag(pair), studentTag(pair)]),
      data: enrolmentOf(pair),
      metadata,
    })
    return {
      enrol: (pair, back) => {
        const events = eventOf(pair)
        const failIfEventsMatch = Query.fromItems([{ types, tags: events.tags }])
        return store.append({
          events,
          condition: { failIfEventsMatch, ...(back === 'nothing' && { after: head }) },
        })
      },
      decide: async (pair) => {
        const failIfEventsMatch = Query.fromItems([
          { types, tags: Tags.from([courseTag(pair)]) },
          { types, tags: Tags.from([studentTag(pair)]) },
        ])
        let after: SequencePosition = SequencePosition.initial()
        for await (const { position } of store.read(failIfEventsMatch)) after = position
        return store.append({ events: eventOf(pair), condition: { failIfEventsMatch, after } })
      },
      close: () => pool.end(),
    }
  },
  fill,
}

async function fill({ query }: Place, enrolments: number): Promise<void> {
  const payload = JSON.stringify({ data: enrolmentOf(pairOf(0)), metadata })
  await query(
    `insert into events (type, tags, payload)
    select '${type}', array['course=' || ${pairInSql.course}, 'student=' || ${pairInSql.student}], $1
    from generate_series(1, $2::bigint) n`,
    [payload, enrolments],
  )
}

function courseTag({ course }: Pair): string {
  return `course=${course}`
}

function studentTag({ student }: Pair): string {
  return `student=${student}`
}
