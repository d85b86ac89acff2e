const money = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' })
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })

/** Cents for people. */
export function euros(cents) {
  return money.format(cents / 100)
}

/** The time of day. */
export function timeOf(at) {
  return clock.format(new Date(at))
}

const sentences = {
  OrderPlaced: ({ customer }) => `${customer} placed the order`,
  LineAdded: ({ product, quantity }) => `${quantity} × ${product} added`,
  LineRemoved: ({ product, quantity }) => `${quantity} × ${product} taken out`,
  OrderPaid: ({ cents }) => `${euros(cents)} paid`,
  OrderShipped: ({ parcel }) => `Shipped as ${parcel}`,
  OrderCancelled: ({ reason, refund }) =>
    `Cancelled: ${reason}${refund > 0 ? `, ${euros(refund)} given back` : ''}`,
}

/** What happened, in a sentence. */
export function sentenceOf({ type, data }) {
  return sentences[type]?.(data) ?? type // a newer server may know more
}
