import { keepFor, milliseconds, type Duration, type Keep } from '../../core/duration.ts'
import { misuse } from '../../core/errors.ts'
import { checkOptions } from '../../core/options.ts'
import { clockOf } from '../../store/clock.ts'

/** How a PostgreSQL store behaves. */
export interface PostgresOptions {
  /** The schema that holds the tables of the store, which is made when it is not there: `'annals'`. */
  readonly schema?: string
  /** Whether the first use makes the tables and brings them to this version, `true`; see `migrationScript`. */
  readonly migrate?: boolean
  /**
   * How long an append waits for what another transaction holds, and how long it asks again after a lost
   * connection: `'5s'`.
   */
  readonly timeout?: Duration
  /** How long to wait for the server's answer before a connection counts as lost: `'30s'`. */
  readonly answer?: Duration
  /**
   * Whether connections keep the plans of statements, `true` unless said otherwise. A pooler that hands a
   * connection from one client to another between transactions may not know them.
   */
  readonly prepare?: boolean
  /**
   * A URL whose connection is kept to hear of appends, where the database is reached through a pooler that hands
   * connections on between transactions.
   */
  readonly listen?: string
  /** For how long a `once` key is remembered: `'30d'`, or `'forever'`. */
  readonly keepOnce?: Keep
  /** Tells the time that events are recorded with, for tests: by default the server does. */
  readonly clock?: () => Date
}

/** The options as the store uses them, spans in milliseconds. */
export interface Settings {
  readonly schema: string
  readonly migrate: boolean
  readonly timeout: number
  readonly answer: number
  readonly prepare: boolean
  readonly listen: string | undefined
  readonly keepOnce: number
  readonly clock: (() => Date) | undefined
}

const known = ['schema', 'migrate', 'timeout', 'answer', 'prepare', 'listen', 'keepOnce', 'clock']

/** Options with their defaults, or an error that names the wrong one. */
export function settingsOf(options: PostgresOptions): Settings {
  checkOptions('postgres', options, known)
  const { schema = 'annals', timeout = '5s', answer = '30s', keepOnce = '30d' } = options
  const { migrate = true, prepare = true, listen, clock } = options
  for (const [name, value] of Object.entries({ migrate, prepare }))
    if (typeof value !== 'boolean') misuse(`postgres: ${name} is true or false`)
  if (listen !== undefined && !isPostgresUrl(listen))
    misuse('postgres: listen takes a URL like postgres://user@host/database')
  return {
    schema: checkedSchema(schema),
    migrate,
    timeout: milliseconds(timeout, 'timeout'),
    answer: milliseconds(answer, 'answer'),
    prepare,
    listen,
    keepOnce: keepFor(keepOnce, 'keepOnce'),
    clock: clock && clockOf('postgres', clock),
  }
}

/** A schema name that needs no care, or an error that says what it takes. */
export function checkedSchema(schema: string): string {
  if (/^[a-z_][a-z0-9_]{0,55}$/.test(schema) && !schema.startsWith('pg_')) return schema
  return misuse(
    `postgres: schema is ${JSON.stringify(schema)}; it takes small letters, digits and _, at most 56, and does not begin with pg_`,
  )
}

/** Whether it is the URL of a PostgreSQL database. */
export function isPostgresUrl(value: unknown): value is string {
  return typeof value === 'string' && /^postgres(ql)?:\/\//.test(value)
}
