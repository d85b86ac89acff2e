import type { HashRange, ProcessorName } from '../../../store/ledger.ts'
import { rangesOf } from '../../../store/slices.ts'
import type { Position } from '../../../store/store.ts'
import type { Connection, Statement } from '../database.ts'
import type { Settings } from '../options.ts'
import { Values } from '../parameters.ts'

/** Slices of a processor, all at one position. */
export interface Slices extends ProcessorName {
  readonly position: Position
  readonly token: number
  readonly ranges: readonly HashRange[]
}

/** The statement that makes slices. */
export function slicesInserted(
  schema: string,
  { name, version, position, token, ranges }: Slices,
): Statement {
  const values = new Values()
  const firsts = ranges.map(({ first }) => first)
  const lasts = ranges.map(({ last }) => last)
  const text = `insert into "${schema}".checkpoints (name, version, first, last, position, token)
    select ${values.text(name)}, ${values.text(version)}, r.first, r.last, ${values.bigint(position)}, ${values.bigint(token)}
    from unnest(${values.numbers(firsts, 'integer')}, ${values.numbers(lasts, 'integer')}) r(first, last)`
  return values.statement(text, false)
}

/** Cuts a processor into the wanted number of slices, where all of them stand at one position and nobody runs them. */
export async function recut(
  connection: Connection,
  processor: ProcessorName,
  { schema, clock }: Pick<Settings, 'schema' | 'clock'>,
): Promise<boolean> {
  const { name, version } = processor
  // one that is inline has slices that its appends may move
  const [known] = await connection.rows({
    text: `select wanted::text as wanted
      from "${schema}".processors
      where name = $1::text and version = $2::text and mode = 'following'
      for no key update`,
    values: [name, version],
  })
  const slices = await connection.rows({
    text: `select position::text as position, token::text as token,
        (
          owner is not null and expires > "${schema}".time_of($3::float8) and epoch = "${schema}".current_epoch()
        )::text as owned
      from "${schema}".checkpoints
      where name = $1::text and version = $2::text
      order by first
      for update`,
    values: [name, version, clock ? String(clock().getTime()) : null],
  })
  const positions = new Set(slices.map(([position]) => Number(position)))
  const [position] = positions
  const owned = slices.some(([, , is]) => is === 'true')
  if (!known || position === undefined || positions.size > 1 || owned) return false
  await connection.rows({
    text: `delete from "${schema}".checkpoints where name = $1::text and version = $2::text`,
    values: [name, version],
  })
  // who ran one of them before has an older token than whoever claims one now
  const token = Math.max(...slices.map(([, number]) => Number(number)))
  const ranges = rangesOf(Number(known[0]))
  await connection.rows(slicesInserted(schema, { name, version, position, token, ranges }))
  return true
}
