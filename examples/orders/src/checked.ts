import type { ValidationTargets } from 'hono'
import { validator } from 'hono/validator'
import { z } from 'zod'
import { Problem } from './problems.ts'

/** Checks a part of a request by a schema, whose output is the type of `c.req.valid(part)`. */
// each part is typed for itself
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function checked<Part extends keyof ValidationTargets, S extends z.ZodType>(
  part: Part,
  schema: S,
) {
  return validator(part, (value): z.output<S> => {
    const { success, data, error } = schema.safeParse(value)
    if (success) return data
    const issues = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
    throw new Problem('invalid', 'the issues say what is wrong, and where', issues)
  })
}

const WholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'give a whole number')
  .transform(Number)

// The names below are those of the options that they become: `load`, `find` and `query` take them as they are.

export const OrderPath = z.object({ id: z.string().regex(/^[\w-]{1,40}$/) })
export const LinePath = OrderPath.extend({ product: z.string() })
export const AsOf = z.object({ until: WholeNumber.exactOptional() })
export const After = z.object({ after: WholeNumber.exactOptional() })
export const ListQuery = z.object({
  status: z.enum(['open', 'paid', 'shipped', 'cancelled']).exactOptional(),
  customer: z.string().exactOptional(),
  limit: WholeNumber.pipe(z.int().min(1).max(500)).default(50),
})

/** Where to go on following. A client that comes again says in a header which event it saw last. */
export const LastSeen = z
  .object({ 'last-event-id': WholeNumber.exactOptional() })
  .transform(({ 'last-event-id': after }) => (after === undefined ? {} : { after }))

/** How a command is to be run: at which version, and as which request. */
export const CommandHeaders = z
  .object({
    'if-match': z
      .string()
      .regex(/^(\*|"[1-9]\d{0,14}")$/, 'give the ETag of an answer, such as "3"')
      .default('*'),
    'idempotency-key': z.string().min(1).max(200).exactOptional(),
  })
  .transform(({ 'if-match': tag, 'idempotency-key': once }) => ({
    ...(tag !== '*' && { version: Number(tag.slice(1, -1)) }),
    ...(once !== undefined && { once }),
  }))
