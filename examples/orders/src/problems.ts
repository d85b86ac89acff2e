import {
  AnnalsError,
  ConflictError,
  InvalidError,
  RejectedError,
  UnavailableError,
  type Issue,
} from 'annals'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { noSuchOrder } from './order.ts'

/** Every kind of no that this server gives. The `type` of a problem is the path of this table, and its name in it. */
export const problems = {
  malformed: { status: 400, title: 'The request cannot be read' },
  'not-found': { status: 404, title: 'There is no such thing' },
  rejected: { status: 409, title: 'The order refuses' },
  conflict: { status: 412, title: 'The order has changed meanwhile' },
  'too-large': { status: 413, title: 'The request is too large' },
  invalid: { status: 422, title: 'The request is not as it must be' },
  'key-reused': { status: 422, title: 'The key belongs to another request' },
  unavailable: { status: 503, title: 'Not now; try again' },
  unexpected: { status: 500, title: 'The server failed' },
} as const

/** A no of the server's own. */
export class Problem extends Error {
  readonly kind: keyof typeof problems
  readonly issues: readonly Issue[] | undefined

  constructor(kind: keyof typeof problems, detail: string, issues?: readonly Issue[]) {
    super(detail)
    this.kind = kind
    this.issues = issues
  }
}

/** Answers what was thrown as problem details, RFC 9457. */
export function answerProblem(error: Error, c: Context) {
  const { kind, message: detail, issues } = error instanceof Problem ? error : problemOf(error)
  const { status, title } = problems[kind]
  if (kind === 'unavailable') c.header('Retry-After', '1')
  if (kind === 'unexpected') console.error(error)
  const problem = { type: `/problems#${kind}`, title, status, detail, issues }
  return c.body(JSON.stringify(problem), status, { 'Content-Type': 'application/problem+json' })
}

function problemOf(error: Error) {
  const { message } = error
  if (error instanceof RejectedError)
    return new Problem(error.reason === noSuchOrder ? 'not-found' : 'rejected', error.reason)
  if (error instanceof InvalidError) return new Problem('invalid', message, error.issues)
  // a conflict that trying again cannot solve is one with If-Match
  if (error instanceof ConflictError)
    return new Problem(error.retry ? 'unavailable' : 'conflict', message)
  if (error instanceof UnavailableError) return new Problem('unavailable', message)
  if (error instanceof AnnalsError && error.code === 'ANNALS_ONCE_MISMATCH')
    return new Problem('key-reused', message)
  if (error instanceof HTTPException) return new Problem('malformed', message)
  return new Problem('unexpected', 'what went wrong is in the log of the server')
}
