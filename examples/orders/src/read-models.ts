import { fold, view } from 'annals'
import { OrderEvents } from './order.ts'

/**
 * The list of orders. It is kept inline, in the transaction of every append: who asks for it after a command sees
 * what the command did.
 */
export const OrderList = view(
  'order-list',
  fold(OrderEvents, {
    initial: { customer: '', status: 'open', total: 0, placed: '', version: 0 },
    OrderPlaced: (line, { customer }, { at, version }) => ({
      ...line,
      customer,
      placed: at.toISOString(),
      version,
    }),
    LineAdded: (line, { cents }, { version }) => ({ ...line, total: line.total + cents, version }),
    LineRemoved: (line, { cents }, { version }) => ({
      ...line,
      total: line.total - cents,
      version,
    }),
    OrderPaid: (line, _, { version }) => ({ ...line, status: 'paid', version }),
    OrderShipped: (line, _, { version }) => ({ ...line, status: 'shipped', version }),
    OrderCancelled: (line, _, { version }) => ({ ...line, status: 'cancelled', version }),
  }),
  { indexes: ['customer', 'status', 'placed'] },
)

/**
 * How many of a product were put into orders, and how many were taken out again, which a table of orders would have
 * forgotten. It is kept in the background: many orders share a product, and none waits for it.
 */
export const Demand = view(
  'demand',
  fold(OrderEvents, {
    initial: { added: 0, removed: 0 },
    LineAdded: (demand, { quantity }) => ({ ...demand, added: demand.added + quantity }),
    LineRemoved: (demand, { quantity }) => ({ ...demand, removed: demand.removed + quantity }),
  }),
  { by: ({ type, data }) => (type === 'LineAdded' || type === 'LineRemoved' ? data.product : []) },
)
