import { AnnalsError, MisuseError, StorageError, UnavailableError } from '../../core/errors.ts'

/** The SQLSTATE of an error of the server (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
function sqlState(error: unknown): string | undefined {
  const { code } = fieldsOf(error)
  return typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** There was no connection to be had: nothing was sent. */
class Unreachable extends UnavailableError {}

/** An error of connecting, as one of Annals. */
export function unreachable(cause: unknown): Error {
  return cause instanceof AnnalsError
    ? cause
    : new Unreachable(
        'ANNALS_UNAVAILABLE',
        `there is no connection to PostgreSQL (${saidBy(cause)}); look at the server and its max_connections, then try again`,
        { cause },
      )
}

/** What work gives; an error of connecting as one of Annals, for drivers that connect as they send. */
export async function told<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (error) {
    throw wasNotSent(error) ? unreachable(error) : error
  }
}

/** Whether nothing was sent, since there was no connection. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof Unreachable
}

/** Whether the connection is gone, so that nobody knows what became of the statement. */
export function isLost(error: unknown): boolean {
  if (error instanceof AnnalsError || isOver(error)) return false
  const state = sqlState(error)
  if (state !== undefined)
    return state.startsWith('08') || state.startsWith('57P') || ['25P03', '25P04'].includes(state)
  const { code, message } = fieldsOf(error)
  return (
    (typeof code === 'string' && /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|EAI)/.test(code)) ||
    (typeof message === 'string' && /connection|timeout|not queryable/i.test(message))
  )
}

/** Whether the server gave up a transaction that may go through when it is run again. */
export function isPassing(error: unknown): boolean {
  return ['40001', '40P01', '53300', '57014'].includes(sqlState(error) ?? '')
}

/** Whether a statement refused the isolation of its transaction. */
export function isOtherIsolation(error: unknown): boolean {
  return sqlState(error) === 'AN001'
}

/** Whether a statement failed for what others did or for what the server lacks, and may go through in another transaction. */
export function isBlameless(error: unknown): boolean {
  const state = sqlState(error) ?? ''
  return isLost(error) || ['40001', '40P01', '25006'].includes(state) || state.startsWith('53')
}

/** Whether a page was refused, since somebody else has taken its slice over. */
export function isLeaseLost(error: unknown): boolean {
  return sqlState(error) === 'AN003'
}

/** Whether the database does not take a value: it is too large, or a text that it does not keep. */
export function isUnfit(error: unknown): boolean {
  return /^(22|54)/.test(sqlState(error) ?? '')
}

/** Whether a transaction refuses all statements, since one of them has failed. */
export function isAborted(error: unknown): boolean {
  return sqlState(error) === '25P02'
}

/** Whether a table is not there. */
export function isNoTable(error: unknown): boolean {
  return sqlState(error) === '42P01'
}

/** Whether a view would have other columns than it has. */
export function isOtherShape(error: unknown): boolean {
  return sqlState(error) === '42P16'
}

/** Whether something was not dropped, since others stand on it. */
export function hasDependents(error: unknown): boolean {
  return sqlState(error) === '2BP01'
}

/** Whether the role of the connection may not do something. */
export function isForbidden(error: unknown): boolean {
  return sqlState(error) === '42501'
}

/** Whether a statement was refused, since the database has another history than was known. */
export function isOtherEpoch(error: unknown): boolean {
  return sqlState(error instanceof UnavailableError ? error.cause : error) === 'AN004'
}

/** Whether a lock was waited for in vain. */
export function isLockTimeout(error: unknown): boolean {
  return sqlState(error) === '55P03'
}

/**
 * Whether an event id was stored already. Who holds the lock of a stream has its versions to itself, so that a
 * version that is taken belongs to a fact, which takes no lock, of the same id.
 */
export function isReusedId(error: unknown): boolean {
  const { constraint_name: name, constraint = name } = fieldsOf(error)
  return (
    sqlState(error) === '23505' &&
    (constraint === 'events_id_key' || constraint === 'events_version_key')
  )
}

/** An error of the driver as one of Annals, with what to do; what is not known stays as it is. */
export function explained(error: unknown): unknown {
  if (error instanceof AnnalsError) return error
  const options = { cause: error }
  const said = saidBy(error)
  if (isLost(error))
    return new UnavailableError(
      'ANNALS_UNAVAILABLE',
      `the connection to PostgreSQL was lost (${said}); look at the server, then try again`,
      options,
    )
  if (isOver(error))
    return new MisuseError(
      'ANNALS_OPTION',
      `what was given as tx is over (${said}); append before its transaction ends`,
      options,
    )
  const state = sqlState(error) ?? ''
  switch (state) {
    case 'AN001':
      return new MisuseError(
        'ANNALS_OPTION',
        `${said}; begin the transaction with ISOLATION LEVEL READ COMMITTED`,
        options,
      )
    case '25P01':
      return new MisuseError(
        'ANNALS_OPTION',
        'what was given as tx has no transaction open; begin one first',
        options,
      )
    case '3F000':
      return new MisuseError(
        'ANNALS_OPTION',
        `the schema of the store is not there (${said}); begin the transaction that is given as tx in the database of the store`,
        options,
      )
    case 'AN002':
      return new MisuseError('ANNALS_OPTION', `${said}; set synchronous_commit to on`, options)
    case 'AN004':
      return new UnavailableError(
        'ANNALS_UNAVAILABLE',
        `${said}, as after a failover; try again`,
        options,
      )
    case '25006':
    case '55000': // what tells the timeline asks for a server that is not in recovery
      return new StorageError(
        'ANNALS_READ_ONLY',
        'the database is read-only, as a standby is; connect to the primary',
        options,
      )
    case '53100':
      return new StorageError(
        'ANNALS_DISK_FULL',
        'there is no room left on the disk of PostgreSQL; make room and try again',
        options,
      )
    case '54000':
    case '54001':
    case '22003':
      return new MisuseError('ANNALS_TOO_LARGE', `PostgreSQL takes no such value: ${said}`, options)
    case '22P02':
    case '22P05':
      return new MisuseError('ANNALS_OPTION', `PostgreSQL takes no such value: ${said}`, options)
    case '42501':
      return new StorageError(
        'ANNALS_READ_ONLY',
        `the role of the connection may not do this (${said}); grant it the schema of the store`,
        options,
      )
    default:
  }
  if (state.startsWith('53') || isPassing(error) || isLockTimeout(error))
    return new UnavailableError(
      'ANNALS_UNAVAILABLE',
      `PostgreSQL did not take the work in time (${said})`,
      options,
    )
  return error
}

function saidBy(error: unknown): string {
  const { message } = fieldsOf(error)
  return typeof message === 'string' && message !== '' ? message : String(error)
}

/** Whether a driver or an ORM was asked after the end, of a client of the caller's or of its transaction. */
function isOver(error: unknown): boolean {
  return /^(Client was closed|Transaction is (closed|already))/.test(
    String(fieldsOf(error).message),
  )
}

/** Whether an error comes from before a statement was sent, by the words of each driver. */
function wasNotSent(error: unknown): boolean {
  const state = sqlState(error)
  // it starts or stops, it has no room, it does not let in, it has no such database
  if (state !== undefined) return /^(57P03|53300|28...|3D000)$/.test(state)
  const { code, syscall, message } = fieldsOf(error)
  return (
    syscall === 'connect' ||
    syscall === 'getaddrinfo' ||
    ['ECONNREFUSED', 'CONNECT_TIMEOUT', 'CONNECTION_ENDED'].includes(String(code)) ||
    String(message).startsWith('PGlite is clos')
  )
}

function fieldsOf(error: unknown): {
  readonly code?: unknown
  readonly constraint?: unknown
  /** As postgres.js says it. */
  readonly constraint_name?: unknown
  readonly message?: unknown
  /** Of an error of the system: what it was about. */
  readonly syscall?: unknown
} {
  return typeof error === 'object' && error !== null ? error : {}
}
