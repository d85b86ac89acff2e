import type { Attributes } from '@opentelemetry/api'
import { AnnalsError, ConflictError, InvalidError, RejectedError } from '../../core/errors.ts'

/**
 * How an operation ended. A rejection, an argument that is refused, and a conflict are answers: only `failed` is an error of the
 * system.
 */
export interface Outcome {
  readonly name: 'done' | 'rejected' | 'invalid' | 'conflict' | 'failed'
  /** What `error.type` is to say. */
  readonly type?: string
}

export const done: Outcome = { name: 'done' }

const rejected: Outcome = { name: 'rejected' }

/** How an operation ended that threw. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof RejectedError) return rejected
  const type = typeOf(error)
  if (error instanceof InvalidError) return { name: 'invalid', type }
  if (error instanceof ConflictError) return { name: 'conflict', type }
  return { name: 'failed', type }
}

/** What spans and metrics tell of an outcome. */
export function attributesOf({ name, type }: Outcome): Attributes {
  return { 'annals.outcome': name, ...(type !== undefined && { 'error.type': type }) }
}

/** The code of an error of Annals, or the name of another; one without a name of its own is called by its cause. */
function typeOf(error: unknown): string {
  if (error instanceof AnnalsError) return (error as AnnalsError).code
  if (!(error instanceof Error)) return '_OTHER'
  return error.name === 'Error' && error.cause instanceof Error ? typeOf(error.cause) : error.name
}

/** The innermost cause of an error that says nothing by itself. */
export function causeOf(error: unknown): unknown {
  const isPlain = error instanceof Error && error.name === 'Error' && error.cause instanceof Error
  return isPlain ? causeOf(error.cause) : error
}
