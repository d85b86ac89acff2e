import { AnnalsError } from 'annals'
import { usage, UsageError } from './command-line.ts'
import { StatementError } from './statement.ts'

/** What went wrong, for people. What nobody expected is thrown on, with its stack. */
export function explained(error: unknown) {
  if (error instanceof UsageError) return `${error.message}\n\n${usage}`
  if (error instanceof StatementError) return `This is no statement: ${error.message}`
  if (error instanceof AnnalsError) return `${error.message} (${error.code})`
  if (isFileError(error)) return `The statement cannot be read: ${error.message}`
  throw error
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}
