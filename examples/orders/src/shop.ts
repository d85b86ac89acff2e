import { annals, type EventStore } from 'annals'
import { Order } from './order.ts'
import { Demand, OrderList } from './read-models.ts'

/** The shop over a store: PostgreSQL or SQLite in the program, `memory()` in most tests. */
export function openShop<Tx>(store: EventStore<Tx>) {
  return annals({ store, aggregates: [Order], inline: [OrderList], background: [Demand] })
}
