import type { Loaded, StateOf } from 'annals'
import type { Context } from 'hono'
import type { Order } from './order.ts'

/**
 * Answers with an order: its version as `ETag`, and the position of its last event, which `?after=` takes. A client that
 * has this version already is told so.
 */
export function answerOrder(
  c: Context,
  id: string,
  { state, version, position }: Loaded<StateOf<typeof Order>>,
  status: 200 | 201 = 200,
) {
  const tag = `"${version}"`
  c.header('ETag', tag)
  c.header('Annals-Position', `${position}`)
  const known = c.req.header('If-None-Match')?.split(/, */) ?? []
  if (c.req.method === 'GET' && known.includes(tag)) return c.body(null, 304)
  return c.json({ id, version, ...state }, status)
}
