import type { App } from 'annals'
import { Hono } from 'hono'
import { answerOrder } from './answers.ts'
import { prices, Product } from './catalogue.ts'
import { After, AsOf, checked, ListQuery, OrderPath } from './checked.ts'
import { newest, told } from './events.ts'
import { noSuchOrder, Order, OrderEvents } from './order.ts'
import { Problem } from './problems.ts'
import { Demand, OrderList } from './read-models.ts'

/** The routes that only ask. */
export function questions(shop: App) {
  return new Hono()
    .get('/orders', checked('query', ListQuery), async (c) => {
      const { limit, ...where } = c.req.valid('query')
      // asked first: whatever is at or before it is in the list
      c.header('Annals-Position', `${await newest(shop)}`)
      const orderBy = { placed: 'desc' } as const
      const { documents, next } = await shop.query(OrderList, { where, orderBy, limit })
      const orders = documents.map(({ key: id, state }) => ({ id, ...state }))
      return c.json({ orders, more: next !== undefined })
    })
    .get('/orders/:id', checked('param', OrderPath), checked('query', AsOf), async (c) => {
      const { id } = c.req.valid('param')
      const order = await shop.load(Order, id, c.req.valid('query')) // now, or as of a version
      if (order.version === 0) throw new Problem('not-found', noSuchOrder)
      return answerOrder(c, id, order)
    })
    .get('/orders/:id/history', checked('param', OrderPath), async (c) => {
      const { id } = c.req.valid('param')
      const { category } = Order
      const events = await Array.fromAsync(shop.read(OrderEvents, { category, id }), told)
      if (events.length === 0) throw new Problem('not-found', noSuchOrder)
      return c.json({ events })
    })
    .get('/products', checked('query', After), async (c) => {
      // with `after`, each waits until the background has seen that position
      const wait = { timeout: '2s', ...c.req.valid('query') } as const
      const products = Product.options.map(async (product) => ({
        product,
        cents: prices[product],
        ...((await shop.find(Demand, product, wait)) ?? Demand.fold.initial),
      }))
      return c.json({ products: await Promise.all(products) })
    })
}
