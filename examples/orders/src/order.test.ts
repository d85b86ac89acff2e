import { given, on } from 'annals/testing'
import { describe, test } from 'vitest'
import { Order, OrderEvents } from './order.ts'
import { Demand } from './read-models.ts'

const { OrderPlaced, LineAdded, LineRemoved, OrderPaid, OrderShipped, OrderCancelled } = OrderEvents

const placed = OrderPlaced({ customer: 'Ann' })
const tea = LineAdded({ product: 'green tea', quantity: 2, cents: 980 })
const pot = LineAdded({ product: 'teapot', quantity: 1, cents: 2_900 })
const paid = OrderPaid({ cents: 980 })
const shipped = OrderShipped({ parcel: 'P-1' })
const cancelled = OrderCancelled({ reason: 'too late', refund: 0 })

test('an order is placed once', () => {
  given(Order)
    .when((order) => order.place({ customer: 'Ann' }))
    .emits(placed)
  given(Order, placed)
    .when((order) => order.place({ customer: 'Eve' }))
    .rejects('the order is placed already')
})

test('a line is added at the price of the day', () => {
  given(Order, placed)
    .when((order) => order.add({ product: 'green tea', quantity: 2 }))
    .emits(tea)
})

test('an order has 99 of a product at most, in however many steps', () => {
  given(Order, placed, tea)
    .when((order) => order.add({ product: 'green tea', quantity: 98 }))
    .rejects('an order has 99 of a product at most')
})

test('what is taken out is what was put in, and nothing else', () => {
  given(Order, placed, tea, tea)
    .when((order) => order.remove({ product: 'green tea' }))
    .emits(LineRemoved({ product: 'green tea', quantity: 4, cents: 1_960 }))
  given(Order, placed, tea)
    .when((order) => order.remove({ product: 'cup' }))
    .rejects('there is no cup in the order')
})

test('what is paid is the total, and the total of something', () => {
  given(Order, placed, tea)
    .when((order) => order.pay({ cents: 980 }))
    .emits(paid)
  given(Order, placed, tea, pot)
    .when((order) => order.pay({ cents: 980 }))
    .rejects('the order costs 3880 cents, and not 980')
  given(Order, placed)
    .when((order) => order.pay({ cents: 0 }))
    .rejects('there is nothing in the order to pay for')
})

test('nothing is shipped unpaid', () => {
  given(Order, placed, tea, paid)
    .when((order) => order.ship({ parcel: 'P-1' }))
    .emits(shipped)
  given(Order, placed, tea)
    .when((order) => order.ship({ parcel: 'P-1' }))
    .rejects('the order must be paid; it is open')
})

test('money is given back when a paid order is cancelled', () => {
  given(Order, placed, tea, paid)
    .when((order) => order.cancel({ reason: 'too late' }))
    .emits(OrderCancelled({ reason: 'too late', refund: 980 }))
  given(Order, placed, tea)
    .when((order) => order.cancel({ reason: 'too late' }))
    .emits(cancelled)
})

describe.each([
  ['paid', [paid]],
  ['shipped', [paid, shipped]],
  ['cancelled', [cancelled]],
])('an order that is %s', (status, events) => {
  const order = () => given(Order, placed, tea, ...events)
  const mustBeOpen = `the order must be open; it is ${status}`

  test('cannot be changed', () => {
    order()
      .when((one) => one.add({ product: 'cup', quantity: 1 }))
      .rejects(mustBeOpen)
    order()
      .when((one) => one.remove({ product: 'green tea' }))
      .rejects(mustBeOpen)
  })

  test('cannot be paid', () => {
    order()
      .when((one) => one.pay({ cents: 980 }))
      .rejects(mustBeOpen)
  })
})

test('what is shipped, or cancelled, cannot be cancelled', () => {
  for (const [status, events] of [
    ['shipped', [paid, shipped]],
    ['cancelled', [cancelled]],
  ] as const)
    given(Order, placed, tea, ...events)
      .when((order) => order.cancel({ reason: 'too late' }))
      .rejects(`the order must be open or paid; it is ${status}`)
})

test('an order that nobody placed takes nothing', () => {
  given(Order)
    .when((order) => order.pay({ cents: 0 }))
    .rejects('there is no such order')
})

test('the demand counts what was taken out, of all orders', () => {
  const demand = given(
    Demand,
    on('o-1', tea),
    on('o-2', tea),
    on('o-2', pot),
    on('o-1', LineRemoved({ product: 'green tea', quantity: 2, cents: 980 })),
  )
  demand.shows('green tea', { added: 4, removed: 2 })
  demand.shows('teapot', { added: 1, removed: 0 })
})
