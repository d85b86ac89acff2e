import { StorageError, misuse } from '../../../core/errors.ts'
import type { Mode, Own, ProcessorName, Registration } from '../../../store/ledger.ts'
import { setupFailed } from '../../../store/refusals.ts'
import { rangesOf } from '../../../store/slices.ts'
import type { Connection, Row, Statement } from '../database.ts'
import { explained, isForbidden } from '../failures.ts'
import { migrationLock } from '../migrations.ts'
import { texts, Values } from '../parameters.ts'
import { projecting, Thrown } from '../projecting/own.ts'
import { slicesInserted } from './slicing.ts'
import { peoplesName, projectionTable, shortTenant, viewTable } from '../tables.ts'

/** What registrations are made with. */
export interface Registering {
  readonly schema: string
  /** The names of the locks that appends share. */
  readonly locks: readonly string[]
  // errors of both are as the driver has them
  readonly rows: (statement: Statement) => Promise<readonly Row[]>
  readonly transaction: <Result>(
    work: (connection: Connection) => Promise<Result>,
  ) => Promise<Result>
}

/** Makes what is missing for processors. Where nothing is, it only asks. */
export async function registered(
  parts: Registering,
  registrations: readonly Registration[],
): Promise<void> {
  const { schema, rows } = parts
  try {
    let known = await knownOf(rows, schema, registrations)
    const missing = registrations.filter((registration) => !known.has(nameOf(registration)))
    for (const registration of missing)
      await parts.transaction((connection) => registerOne(parts, connection, registration))
    if (missing.length > 0) known = await knownOf(rows, schema, registrations)
    for (const registration of registrations) checkFields(registration, known)
    const changed = registrations.filter(
      (registration) => known.get(nameOf(registration))?.wanted !== registration.slices,
    )
    if (changed.length > 0) await rows(wanting(schema, changed))
  } catch (error) {
    throw error instanceof Thrown ? error.cause : explained(error)
  }
}

/** A processor that is registered. */
interface Known {
  readonly wanted: number
  readonly fields: number | undefined
}

async function knownOf(
  rows: Registering['rows'],
  schema: string,
  registrations: readonly Registration[],
): Promise<ReadonlyMap<string, Known>> {
  const found = await rows({
    text: `select p.name::text as name, p.version::text as version, p.wanted::text as wanted, p.fields::text as fields
      from unnest($1::text::text[], $2::text::text[]) r(name, version)
      join "${schema}".processors p on p.name = r.name and p.version = r.version`,
    values: [
      texts(registrations.map(({ name }) => name)),
      texts(registrations.map(({ version }) => version)),
    ],
  })
  return new Map(
    found.map(([name, version, wanted, fields]) => [
      nameOf({ name: name ?? '', version: version ?? '' }),
      { wanted: Number(wanted), fields: fields === null ? undefined : Number(fields) },
    ]),
  )
}

function nameOf({ name, version }: ProcessorName): string {
  return `${name} ${version}`
}

// its documents lack what the new fields would be found by
function checkFields(
  { name, version, fields }: Registration,
  known: ReadonlyMap<string, Known>,
): void {
  const found = known.get(nameOf({ name, version }))
  if (found && found.fields !== fields)
    misuse(
      `${name} of version ${version} was registered with ${found.fields ?? 'no'} indexes, and has ${fields ?? 'none'} now; raise its version`,
    )
}

function wanting(schema: string, registrations: readonly Registration[]): Statement {
  const values = new Values()
  const lists = [
    values.texts(registrations.map(({ name }) => name)),
    values.texts(registrations.map(({ version }) => version)),
    values.numbers(
      registrations.map(({ slices }) => slices),
      'integer',
    ),
  ]
  const text = `with wanting as (
      select p.name, p.version, r.slices
      from unnest(${lists.join(', ')}) r(name, version, slices)
      join "${schema}".processors p on p.name = r.name and p.version = r.version
      order by p.name, p.version
      for no key update of p
    )
    update "${schema}".processors p
    set wanted = w.slices
    from wanting w
    where p.name = w.name and p.version = w.version`
  return values.statement(text, false)
}

// in milliseconds: for how long appends are kept out at most, while it is looked whether there are any
const patience = 1_000

async function registerOne(
  { schema, locks }: Registering,
  connection: Connection,
  registration: Registration,
): Promise<void> {
  // those who make the same take turns, and what bounds a statement of a request would end the making of a table
  await connection.run(
    `set local statement_timeout = 0; set local lock_timeout = 0; ${migrationLock(schema)}`,
  )
  const rows = (statement: Statement) => connection.rows(statement)
  const known = await knownOf(rows, schema, [registration])
  if (known.size > 0) return
  const inline = registration.inline && (await isEmpty(connection, schema, locks))
  const mode = inline ? 'inline' : 'following'
  if (registration.fields !== undefined) await makeTable(connection, schema, registration)
  const tables = registration.setup ? await setUp(connection, schema, registration) : []
  await connection.rows(inserted(schema, registration, { mode, tables }))
  const { name, version, from: position } = registration
  const ranges = rangesOf(registration.slices)
  await connection.rows(slicesInserted(schema, { name, version, position, token: 0, ranges }))
}

/** Whether the log has no event, and gets none until the transaction ends. */
async function isEmpty(
  connection: Connection,
  schema: string,
  locks: readonly string[],
): Promise<boolean> {
  const [found] = await connection.rows({
    text: `select case
        when exists (select from "${schema}".events) then false
        else "${schema}".keep_appends_out($1::text::text[], $2::integer)
      end::text as alone`,
    values: [texts(locks), String(patience)],
  })
  if (found?.[0] !== 'true') return false
  // a statement of its own sees what came before
  const text = `select (not exists (select from "${schema}".events))::text as empty`
  const [row] = await connection.rows({ text, values: [] })
  return row?.[0] === 'true'
}

async function makeTable(
  connection: Connection,
  schema: string,
  registration: Registration,
): Promise<void> {
  try {
    await connection.run(viewScript(schema, registration))
  } catch (error) {
    if (!isForbidden(error)) throw error
    throw new StorageError(
      'ANNALS_READ_ONLY',
      `the role of the connection may not make a table for the view ${registration.name}; grant it CREATE on the schema ` +
        `${schema}, or start the program once with a role that has it`,
      { cause: error },
    )
  }
}

// a table leaves room for the next version of its documents beside them: a page of 1,000 events is a tenth cheaper
function viewScript(schema: string, { fields = 0, ...view }: Registration): string {
  const table = viewTable(schema, view)
  const names = Array.from({ length: fields }, (_, place) => `f${place}`)
  return `create table ${table} (
  tenant text collate "C" not null,
  key text collate "C" not null,
  state json not null,
  position bigint not null,
  ${names.map((name) => `${name} text collate "C" not null,\n  `).join('')}primary key (tenant, key)
)
with (fillfactor = 70);
${names.map((name) => `create index on ${table} (${shortTenant('tenant')}, ${name}, key);\n`).join('')}
-- The documents under some keys, for appends: of each [place of its key, state, position]. Its plan is kept, where one that
-- is made each time would take longer than all of an append of one event; offset 0 lets it be no other than one for many rows.
create function ${table}(tenants text[], keys text[]) returns json
language plpgsql stable
set enable_seqscan = off
set jit = off
set plan_cache_mode = force_generic_plan
as $$ begin
  return (
    select json_agg(json_build_array(k.place, d.state::text, d.position))
    from unnest(tenants, keys) with ordinality k(tenant, key, place),
      lateral (select v.state, v.position from ${table} v where v.tenant = k.tenant and v.key = k.key offset 0) d
  );
end $$;`
}

/** Lets a projection make its tables, and makes a view of each for people, unless something has its name; gives their names. */
async function setUp(
  connection: Connection,
  schema: string,
  registration: Registration,
): Promise<readonly string[]> {
  const made = await tablesNamed(connection, schema, registration)
  const tables: string[] = []
  for (const name of made) {
    const table = projectionTable(schema, registration, name)
    const read = peoplesName(schema, name)
    const [row] = await connection.rows({
      text: `select exists (
          select from pg_class where oid = to_regclass($1::text) and relkind in ('r', 'p', 'v', 'm', 'f')
        )::text as made,
        (to_regclass($2::text) is null)::text as free`,
      values: [table, read],
    })
    if (row?.[0] !== 'true') continue
    tables.push(name)
    if (row[1] === 'true') await connection.run(`create view ${read} as select * from ${table}`)
  }
  return tables
}

/** Runs the setup of a projection; gives the names of the tables that it asked for. */
async function tablesNamed(
  connection: Connection,
  schema: string,
  registration: Registration,
): Promise<ReadonlySet<string>> {
  const named = new Set<string>()
  const table = (own: Own) => (name: string) => {
    named.add(name)
    return own.table(name)
  }
  try {
    await projecting(connection, { schema, model: registration }, (own) =>
      registration.setup?.({ tx: own.tx, table: table(own) }),
    )
  } catch (error) {
    throw error instanceof Thrown ? new Thrown(setupFailed(registration, error.cause)) : error
  }
  return named
}

function inserted(
  schema: string,
  { name, version, kind, slices, fields }: Registration,
  { mode, tables }: { readonly mode: Mode; readonly tables: readonly string[] },
): Statement {
  const values = new Values()
  const named = values.text(name)
  // what is appended at this moment is not waited for: it is a little late for it, as for all that follow
  const live = `${values.text(kind)} = 'subscription'
    or not exists (select from "${schema}".events)
      and not exists (select from "${schema}".processors where name = ${named} and live)`
  const text = `insert into "${schema}".processors (name, version, kind, mode, live, wanted, fields, tables)
    values (${named}, ${values.text(version)}, ${values.text(kind)}, ${values.text(mode)}, ${live},
      ${values.integer(slices)}, ${values.integer(fields)}, ${values.texts(tables)})`
  return values.statement(text, false)
}
