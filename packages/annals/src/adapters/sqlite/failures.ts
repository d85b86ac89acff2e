import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  AnnalsError,
  ConflictError,
  MisuseError,
  StorageError,
  UnavailableError,
} from '../../core/errors.ts'

/** The result codes of SQLite that Annals answers to. */
type ResultCode = (typeof resultCodes)[number][1]

const resultCodes = [
  [5, 'BUSY'],
  [6, 'LOCKED'],
  [3, 'PERM'],
  [8, 'READONLY'],
  [10, 'IOERR'],
  [11, 'CORRUPT'],
  [13, 'FULL'],
  [14, 'CANTOPEN'],
  [18, 'TOOBIG'],
  [26, 'NOTADB'],
] as const

const busySnapshot = 517

/** Whether another connection is in the way, for now. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error)
  return (code === 'BUSY' || code === 'LOCKED') && !isStale(error)
}

/** Whether neither an event nor a program is to blame: a full disk, a damaged file. */
export function isOfDatabase(error: unknown, file: string): boolean {
  const told = explained(error, file)
  return told instanceof AnnalsError && !(told instanceof MisuseError)
}

/** An error of the driver as one of Annals, with what to do; what is not known stays as it is. */
export function explained(error: unknown, file: string): unknown {
  if (error instanceof AnnalsError) return error
  const options = { cause: error }
  if (isStale(error))
    return new ConflictError(
      'the transaction began before somebody else wrote, and can write no more; roll it back and begin ' +
        'again, with BEGIN IMMEDIATE, which cannot be overtaken',
      options,
    )
  switch (resultCode(error)) {
    case 'BUSY':
    case 'LOCKED':
      return new UnavailableError(
        'ANNALS_UNAVAILABLE',
        `${file} is held by another connection`,
        options,
      )
    case 'NOTADB':
      return new StorageError(
        'ANNALS_CORRUPT',
        `${file} is no SQLite database; check the path, or restore it from a backup`,
        options,
      )
    case 'CORRUPT':
      return new StorageError(
        'ANNALS_CORRUPT',
        `${file} is damaged; restore it from a backup (PRAGMA integrity_check lists the damage)`,
        options,
      )
    case 'PERM':
    case 'READONLY':
    case 'CANTOPEN':
      return notWritable(file, options)
    case 'FULL':
      return new StorageError(
        'ANNALS_DISK_FULL',
        `there is no room left for ${file}, on the disk or under PRAGMA max_page_count; make room and try again`,
        options,
      )
    case 'TOOBIG':
      return new MisuseError('ANNALS_TOO_LARGE', 'SQLite takes no value of that size', options)
    case 'IOERR':
      return new UnavailableError(
        'ANNALS_UNAVAILABLE',
        `reading or writing ${file} failed; look at the disk, then send the same append again`,
        options,
      )
    case undefined:
      return error
  }
}

function notWritable(file: string, options: ErrorOptions): Error {
  const folder = dirname(file)
  if (!file.startsWith('file:') && !existsSync(folder))
    return new MisuseError(
      'ANNALS_OPTION',
      `the folder ${folder} is not there; make it before opening ${file}`,
      options,
    )
  return new StorageError(
    'ANNALS_READ_ONLY',
    `${file} cannot be written; give this process write access to the file and to its folder`,
    options,
  )
}

// A transaction that read an older state than the last commit.
function isStale(error: unknown): boolean {
  const { errcode, code } = codes(error)
  return errcode === busySnapshot || code === 'SQLITE_BUSY_SNAPSHOT'
}

function resultCode(error: unknown): ResultCode | undefined {
  const { errcode, code } = codes(error)
  const primary = typeof errcode === 'number' ? errcode & 0xff : undefined
  const name = typeof code === 'string' ? /^SQLITE_([A-Z]+)/.exec(code)?.[1] : undefined
  return resultCodes.find(([number, text]) => number === primary || text === name)?.[1]
}

// node:sqlite has the number as `errcode`, better-sqlite3 the name as `code`
function codes(error: unknown): { readonly errcode?: unknown; readonly code?: unknown } {
  return typeof error === 'object' && error !== null ? error : {}
}
