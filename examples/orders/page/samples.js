import { command, fresh } from './api.js'

/** Places three orders, one of each kind: paid and shipped, cancelled, and still open. */
export async function placeSamples() {
  const grace = await placeFor('Grace Hopper', { teapot: 1, 'green tea': 3 })
  await grace('payment', { cents: 4_370 })
  await grace('shipment', { parcel: 'GH-1906' })
  const alan = await placeFor('Alan Turing', { biscuits: 4, honey: 1 })
  await alan('lines/honey', undefined, 'DELETE')
  await alan('cancellation', { reason: 'an apple will do' })
  await placeFor('Ada Lovelace', { cup: 2, 'black tea': 1 })
}

async function placeFor(customer, lines) {
  const id = fresh()
  const order = (path, body, method) => command(`/orders/${id}${path}`, { method, body })
  await order('', { customer }, 'PUT')
  for (const [product, quantity] of Object.entries(lines))
    await order('/lines', { product, quantity })
  return (path, body, method) => order(`/${path}`, body, method)
}
