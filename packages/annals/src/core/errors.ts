/** What a code means for the program that meets it. */
export interface Meaning {
  /** What happened, as the documentation says it. */
  readonly happened: string
  /** What to do about it. */
  readonly todo: string
}

/** The stable code of an error. */
export type ErrorCode =
  | 'ANNALS_CONFLICT'
  | 'ANNALS_REJECTED'
  | 'ANNALS_INVALID_EVENT'
  | 'ANNALS_INVALID_COMMAND'
  | 'ANNALS_NOT_JSON'
  | 'ANNALS_UNKNOWN_EVENT'
  | 'ANNALS_OPTION'
  | 'ANNALS_ASYNC_SCHEMA'
  | 'ANNALS_ONCE_MISMATCH'
  | 'ANNALS_ID_REUSED'
  | 'ANNALS_TOO_LARGE'
  | 'ANNALS_CLOSED'
  | 'ANNALS_UNAVAILABLE'
  | 'ANNALS_TIMEOUT'
  | 'ANNALS_OUTCOME_UNKNOWN'
  | 'ANNALS_CORRUPT'
  | 'ANNALS_NEWER_DATABASE'
  | 'ANNALS_NOT_MIGRATED'
  | 'ANNALS_READ_ONLY'
  | 'ANNALS_DISK_FULL'
  | 'ANNALS_EPOCH'
  | 'ANNALS_LEASE_LOST'
  | 'ANNALS_BEHIND'
  | 'ANNALS_PARKED'
  | 'ANNALS_REBUILDING'

/**
 * Every error of Annals by its stable code; `docs/reference/errors.md` is compared with this table.
 * The class that carries a code says whether trying again can help.
 */
export const errorTable: Readonly<Record<ErrorCode, Meaning>> = {
  ANNALS_CONFLICT: {
    happened: 'Somebody else appended first: the guard of this append no longer holds.',
    todo: 'Load and decide again. Commands and decisions do so by themselves, five times, unless given a `version`.',
  },
  ANNALS_REJECTED: {
    happened: 'A command refused, by `reject` or by a broken invariant.',
    todo: 'Tell the caller the `reason`. Trying again gives the same answer.',
  },
  ANNALS_INVALID_EVENT: {
    happened: 'The data of an event does not satisfy its schema, when written or when read.',
    todo: 'See `issues` for each path. When read: add a `versioned(…).upcast(…)` for the old shape.',
  },
  ANNALS_INVALID_COMMAND: {
    happened: 'The argument of a command does not satisfy its schema.',
    todo: 'See `issues` for each path, and correct the argument.',
  },
  ANNALS_NOT_JSON: {
    happened: 'A value would be altered or lost as JSON.',
    todo: 'See `issues` for the path; turn the value into a string, a number or a plain object.',
  },
  ANNALS_UNKNOWN_EVENT: {
    happened:
      'A stream holds an event that this program does not declare, or a newer version of one.',
    todo: 'Declare the type, name it in `renamed` or `retired`, or deploy the newer program.',
  },
  ANNALS_OPTION: {
    happened: 'An option, an argument or a call that cannot work as the program makes it.',
    todo: 'The message says what is wrong and what to write instead.',
  },
  ANNALS_ASYNC_SCHEMA: {
    happened: 'A schema validates asynchronously where the answer is needed at once.',
    todo: 'Use a synchronous schema with `record` and `given`, or write the aggregate as functions.',
  },
  ANNALS_ONCE_MISMATCH: {
    happened: 'A `once` key was used before, with another command or other arguments.',
    todo: 'Use a key for each request; the same key belongs to the same request.',
  },
  ANNALS_ID_REUSED: {
    happened: 'An event id is stored already, with other content.',
    todo: 'Make a new id for each event; send the same id again only with the same event.',
  },
  ANNALS_TOO_LARGE: {
    happened: 'An event, a name or an append is larger than a store keeps.',
    todo: 'Keep large content elsewhere and record where; split the append.',
  },
  ANNALS_CLOSED: {
    happened: 'The store was closed before or while it was asked.',
    todo: 'Finish the work before closing, or open a new store.',
  },
  ANNALS_UNAVAILABLE: {
    happened: 'The database did not take the work in time; nothing of it was written.',
    todo: 'Try again later; look for a process that holds the database.',
  },
  ANNALS_TIMEOUT: {
    happened:
      'Another transaction held what an append needs for too long; nothing of it was written.',
    todo: 'The message names who holds it: end that transaction, or join it with `with({ tx })`.',
  },
  ANNALS_OUTCOME_UNKNOWN: {
    happened:
      'The connection was lost while an append was on its way, and it could not be found out whether it was written.',
    todo: 'Look at the stream, or send the same event ids again; a `once` key makes repeating a command safe.',
  },
  ANNALS_CORRUPT: {
    happened: 'The database is damaged, or is no database.',
    todo: 'Check the path; restore the file from a backup.',
  },
  ANNALS_NEWER_DATABASE: {
    happened: 'A newer version of Annals changed the database in a way this one cannot read.',
    todo: 'Upgrade the package `annals` in this program.',
  },
  ANNALS_NOT_MIGRATED: {
    happened:
      'The tables of the database are not there, or older than this version of Annals, and the store may not make them.',
    todo: 'Run `npx annals migrate` by a role that may, or what `npx annals migrate --print` prints.',
  },
  ANNALS_READ_ONLY: {
    happened: 'The database or its folder cannot be written.',
    todo: 'Give the process write access to the file and to its folder.',
  },
  ANNALS_DISK_FULL: {
    happened:
      'The disk or a size limit of the database is full; nothing of the append was written.',
    todo: 'Make room and try again.',
  },
  ANNALS_EPOCH: {
    happened: 'A token comes from another database, or from before it was restored.',
    todo: 'Drop the token and read again from the database.',
  },
  ANNALS_LEASE_LOST: {
    happened:
      'Another process took over what this one was running; what it was writing was not written.',
    todo: 'Nothing: the other process goes on from the last checkpoint. Look for a process that stood still for seconds.',
  },
  ANNALS_BEHIND: {
    happened: 'A read model had not seen the position that was asked for when the time was over.',
    todo: 'Wait longer, or look at `status`: it says where each processor is, and why it stands.',
  },
  ANNALS_PARKED: {
    happened:
      'A document stands still, because an event of it could not be handled and was parked.',
    todo: 'Look at the parked event, mend its cause, and retry or discard it.',
  },
  ANNALS_REBUILDING: {
    happened: 'A version of a view was asked for that is not built yet.',
    todo: 'Try again when it is: see `progress`. `rebuild`, run before the roll-out, avoids it.',
  },
}

/** The base of every error of Annals: a stable `code`, a message that says what to do, and `retry`. */
export abstract class AnnalsError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code
  /** Whether the same call may succeed when it is made again. */
  abstract readonly retry: boolean

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** Somebody else appended first. Loading and deciding again may succeed, unless a version was asked for. */
export class ConflictError extends AnnalsError<'ANNALS_CONFLICT'> {
  readonly retry: boolean = true

  constructor(message: string, options: ErrorOptions & { readonly retry?: boolean } = {}) {
    super('ANNALS_CONFLICT', message, options)
    if (options.retry === false) this.retry = false
  }
}

/** A command said no: `reason` is the text given to `reject`, or the name of the broken invariant. */
export class RejectedError extends AnnalsError<'ANNALS_REJECTED'> {
  readonly retry = false
  readonly reason: string

  constructor(reason: string) {
    super('ANNALS_REJECTED', reason)
    this.reason = reason
  }
}

/** One thing that is wrong with a value, and where: `path` is like `items[2].price`, empty for the whole. */
export interface Issue {
  readonly path: string
  readonly message: string
}

/** A value that cannot be an event's data or a command's argument. */
export class InvalidError extends AnnalsError<
  'ANNALS_INVALID_EVENT' | 'ANNALS_INVALID_COMMAND' | 'ANNALS_NOT_JSON'
> {
  readonly retry = false
  readonly issues: readonly Issue[]

  constructor(
    code: InvalidError['code'],
    subject: string,
    issues: readonly Issue[],
    options?: ErrorOptions,
  ) {
    const told = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message))
    super(code, `${subject}: ${told.join('; ')}`, options)
    this.issues = issues
  }
}

/** A stored event that this program has no declaration for. */
export class UnknownEventError extends AnnalsError<'ANNALS_UNKNOWN_EVENT'> {
  readonly retry = false
  readonly type: string

  constructor(type: string, message: string) {
    super('ANNALS_UNKNOWN_EVENT', message)
    this.type = type
  }
}

/** A call that can never succeed as it was made: the program has to change. */
export class MisuseError extends AnnalsError<
  | 'ANNALS_OPTION'
  | 'ANNALS_ASYNC_SCHEMA'
  | 'ANNALS_ONCE_MISMATCH'
  | 'ANNALS_ID_REUSED'
  | 'ANNALS_TOO_LARGE'
  | 'ANNALS_CLOSED'
> {
  readonly retry = false
}

/** Refuses a call: `ANNALS_OPTION`, with what to do. */
export function misuse(message: string, options?: ErrorOptions): never {
  throw new MisuseError('ANNALS_OPTION', message, options)
}

/** The database did not do it in time. Nothing was written, and the same call may succeed later. */
export class UnavailableError extends AnnalsError<
  'ANNALS_UNAVAILABLE' | 'ANNALS_TIMEOUT' | 'ANNALS_LEASE_LOST' | 'ANNALS_BEHIND'
> {
  readonly retry = true
}

/** How far a version of a read model is that is being built. */
export interface Progress {
  readonly name: string
  readonly version: string
  /** The position up to which it has come: the mean of its slices. */
  readonly position: number
  /** The position where it is to come. */
  readonly goal: number
  /** How many positions a second it goes on by; `undefined` at first. */
  readonly rate: number | undefined
  /** How many seconds are left at that rate; `undefined` while that cannot be told. */
  readonly remaining: number | undefined
}

/** The version of a view that this program declares is being built, and cannot be read before that is done. */
export class RebuildingError extends AnnalsError<'ANNALS_REBUILDING'> {
  readonly retry = true
  readonly progress: Progress

  constructor(message: string, progress: Progress, options?: ErrorOptions) {
    super('ANNALS_REBUILDING', message, options)
    this.progress = progress
  }
}

/** The database cannot be used as it is: somebody has to look at it. */
export class StorageError extends AnnalsError<
  | 'ANNALS_CORRUPT'
  | 'ANNALS_NEWER_DATABASE'
  | 'ANNALS_NOT_MIGRATED'
  | 'ANNALS_READ_ONLY'
  | 'ANNALS_DISK_FULL'
  | 'ANNALS_EPOCH'
  | 'ANNALS_OUTCOME_UNKNOWN'
  | 'ANNALS_PARKED'
> {
  readonly retry = false
}
