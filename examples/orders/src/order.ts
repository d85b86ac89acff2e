import { aggregate, command, events, fold, reject } from 'annals'
import { z } from 'zod'
import { prices, Product } from './catalogue.ts'

const Cents = z.int().nonnegative()
const Quantity = z.int('a whole number').min(1, 'at least one').max(99, '99 at most')
const Text = z.string().trim().min(1, 'cannot be empty').max(80, '80 letters at most')

// What an order can be asked. The types of the commands and of the requests over HTTP both come from here.
export const Place = z.strictObject({ customer: Text })
export const Add = z.strictObject({ product: Product, quantity: Quantity })
const Remove = z.strictObject({ product: z.string() })
export const Pay = z.strictObject({ cents: Cents })
export const Ship = z.strictObject({ parcel: Text })
export const Cancel = z.strictObject({ reason: Text })

// what may be asked for can change any day; what has happened must stay readable, so it is checked for less
const Line = z.object({ product: z.string(), quantity: z.int().positive(), cents: Cents })
type Line = z.infer<typeof Line>

/** What can happen to an order. A price is a fact of its day: it is kept, and not looked up again. */
export const OrderEvents = events({
  OrderPlaced: z.object({ customer: z.string() }),
  LineAdded: Line,
  LineRemoved: Line,
  OrderPaid: z.object({ cents: Cents }),
  OrderShipped: z.object({ parcel: z.string() }),
  OrderCancelled: z.object({ reason: z.string(), refund: Cents }),
})

const initial = {
  status: 'none' as 'none' | 'open' | 'paid' | 'shipped' | 'cancelled',
  customer: '',
  lines: [] as readonly Line[],
  total: 0,
  paid: 0,
}

/** What an order is, after all that happened to it. */
export const OrderState = fold(OrderEvents, {
  initial,
  OrderPlaced: (order, { customer }) => ({ ...order, status: 'open' as const, customer }),
  LineAdded: (order, { product, quantity, cents }) => {
    const before = order.lines.find((line) => line.product === product)
    const line = {
      product,
      quantity: (before?.quantity ?? 0) + quantity,
      cents: (before?.cents ?? 0) + cents,
    }
    return withLines(order, [...without(order.lines, product), line])
  },
  LineRemoved: (order, { product }) => withLines(order, without(order.lines, product)),
  OrderPaid: (order, { cents }) => ({ ...order, status: 'paid' as const, paid: cents }),
  OrderShipped: (order) => ({ ...order, status: 'shipped' as const }),
  OrderCancelled: (order, { refund }) => ({
    ...order,
    status: 'cancelled' as const,
    paid: order.paid - refund,
  }),
})

type OrderState = typeof initial

function without(lines: readonly Line[], product: string) {
  return lines.filter((line) => line.product !== product)
}

function withLines(order: OrderState, lines: readonly Line[]) {
  return { ...order, lines, total: lines.reduce((sum, { cents }) => sum + cents, 0) }
}

/** Why a command on an order that nobody placed is refused. */
export const noSuchOrder = 'there is no such order'

/** What an order can be asked, and what must hold after every answer. */
export const Order = aggregate(
  'order',
  OrderState,
  {
    place: command(Place, ({ status }, { customer }) =>
      status === 'none'
        ? OrderEvents.OrderPlaced({ customer })
        : reject('the order is placed already'),
    ),
    add: command(Add, (order, { product, quantity }) => {
      mustBe(order, 'open')
      return OrderEvents.LineAdded({ product, quantity, cents: quantity * prices[product] })
    }),
    remove: command(Remove, (order, { product }) => {
      mustBe(order, 'open')
      const line = order.lines.find((one) => one.product === product)
      if (!line) return reject(`there is no ${product} in the order`)
      return OrderEvents.LineRemoved(line)
    }),
    pay: command(Pay, (order, { cents }) => {
      mustBe(order, 'open')
      if (order.lines.length === 0) reject('there is nothing in the order to pay for')
      if (cents !== order.total) reject(`the order costs ${order.total} cents, and not ${cents}`)
      return OrderEvents.OrderPaid({ cents })
    }),
    ship: command(Ship, (order, { parcel }) => {
      mustBe(order, 'paid')
      return OrderEvents.OrderShipped({ parcel })
    }),
    cancel: command(Cancel, (order, { reason }) => {
      mustBe(order, 'open', 'paid')
      return OrderEvents.OrderCancelled({ reason, refund: order.paid })
    }),
  },
  {
    invariants: {
      'an order has 99 of a product at most': ({ lines }) =>
        lines.every(({ quantity }) => quantity <= 99),
      'nothing is shipped that is not paid': ({ status, paid, total }) =>
        status !== 'shipped' || paid === total,
    },
  },
)

function mustBe({ status }: OrderState, ...allowed: readonly OrderState['status'][]) {
  if (status === 'none') reject(noSuchOrder)
  if (!allowed.includes(status))
    reject(`the order must be ${allowed.join(' or ')}; it is ${status}`)
}
