import type { App } from 'annals'
import { Hono } from 'hono'
import type { z } from 'zod'
import { answerOrder } from './answers.ts'
import { checked, CommandHeaders, LinePath, OrderPath } from './checked.ts'
import { Add, Cancel, Order, Pay, Place, Ship } from './order.ts'

/**
 * The routes that change an order. `If-Match` says at which version it must be, and the same `Idempotency-Key` has its
 * effect once.
 */
export function commands(shop: App) {
  return new Hono()
    .put('/orders/:id', ...asked(Place), async (c) => {
      const { id } = c.req.valid('param')
      const placed = await shop.open(Order, id, c.req.valid('header')).place(c.req.valid('json'))
      return answerOrder(c, id, placed, 201)
    })
    .post('/orders/:id/lines', ...asked(Add), async (c) => {
      const { id } = c.req.valid('param')
      const order = shop.open(Order, id, c.req.valid('header'))
      return answerOrder(c, id, await order.add(c.req.valid('json')))
    })
    .delete(
      '/orders/:id/lines/:product',
      checked('param', LinePath),
      checked('header', CommandHeaders),
      async (c) => {
        const { id, product } = c.req.valid('param')
        const order = shop.open(Order, id, c.req.valid('header'))
        return answerOrder(c, id, await order.remove({ product }))
      },
    )
    .post('/orders/:id/payment', ...asked(Pay), async (c) => {
      const { id } = c.req.valid('param')
      const order = shop.open(Order, id, c.req.valid('header'))
      return answerOrder(c, id, await order.pay(c.req.valid('json')))
    })
    .post('/orders/:id/shipment', ...asked(Ship), async (c) => {
      const { id } = c.req.valid('param')
      const order = shop.open(Order, id, c.req.valid('header'))
      return answerOrder(c, id, await order.ship(c.req.valid('json')))
    })
    .post('/orders/:id/cancellation', ...asked(Cancel), async (c) => {
      const { id } = c.req.valid('param')
      const order = shop.open(Order, id, c.req.valid('header'))
      return answerOrder(c, id, await order.cancel(c.req.valid('json')))
    })
}

/** What a command is asked with: whose it is, how to run it, and what it takes. */
function asked<S extends z.ZodType>(body: S) {
  return [
    checked('param', OrderPath),
    checked('header', CommandHeaders),
    checked('json', body),
  ] as const
}
