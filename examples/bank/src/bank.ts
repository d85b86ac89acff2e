import { annals, type EventStore } from 'annals'
import { Account } from './account.ts'
import { Refusal } from './refusal.ts'

/** The bank over a store: `sqlite('bank.db')` in the program, `memory()` in most tests. */
export function openBank<Tx>(store: EventStore<Tx>) {
  return annals({ store, aggregates: [Account, Refusal] })
}
