import {
  AnnalsError,
  ConflictError,
  InvalidError,
  MisuseError,
  RejectedError,
  StorageError,
  UnavailableError,
} from 'annals'
import { printable } from './printing.ts'

/** How the command line ends. */
export const exitCodes = {
  fine: 0,
  /** It was asked, and the answer is no: not healthy, rejected, not there, not now. */
  no: 1,
  /** The command line or the config file has to be changed. */
  usage: 2,
  /** The store cannot be reached, or not be used as it is. */
  store: 3,
  /** Something else failed: an event that cannot be read, a bug. */
  failed: 4,
  /** Somebody pressed Ctrl-C before it was done, as shells count it. */
  interrupted: 130,
} as const

/** The command line, or the config file, cannot work as it is. */
export class UsageError extends Error {}

/** What was asked for is not there. */
export class NotThere extends Error {}

/** What was asked for is right, and is refused as things stand: the same command line may be taken later. */
export class NotNow extends Error {}

/** How the command line ends after an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof MisuseError) return exitCodes.usage
  if (error instanceof NotThere || error instanceof NotNow) return exitCodes.no
  if (error instanceof RejectedError || error instanceof ConflictError) return exitCodes.no
  if (error instanceof InvalidError && error.code === 'ANNALS_INVALID_COMMAND')
    return exitCodes.usage
  if (error instanceof UnavailableError || error instanceof StorageError) return exitCodes.store
  return exitCodes.failed
}

/** An error in one line. */
export function lineOf(error: unknown): string {
  if (error instanceof RejectedError) return inOneLine(`rejected: ${error.reason}`)
  const isTold = [AnnalsError, UsageError, NotThere, NotNow].some((kind) => error instanceof kind)
  return inOneLine(isTold ? (error as Error).message : textOf(error))
}

/** The name and the message of what was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}

function inOneLine(text: string): string {
  return printable(text.replaceAll(/\s*\n\s*/g, ' '))
}
