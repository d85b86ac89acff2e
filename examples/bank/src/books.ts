import type { App } from 'annals'
import { Account, AccountEvents, AccountState } from './account.ts'

const { category } = Account

/** Every account as it is now, in the order in which they were opened. */
export async function* accounts(bank: App) {
  const { AccountOpened } = AccountEvents
  for await (const { stream } of bank.read({ AccountOpened })) {
    const { state, version } = await bank.load(Account, stream.id)
    yield { id: stream.id, version, ...state }
  }
}

/** All that happened to an account, and what the account was after it. */
export async function* history(bank: App, id: string) {
  let state = AccountState.initial
  for await (const event of bank.read(AccountEvents, { category, id })) {
    state = AccountState.apply(state, event)
    yield { event, state }
  }
}

/**
 * What was on an account at the end of a day, in two senses. By the bookings: those that count from
 * that day or earlier, whenever they came in. By the record: what this bank knew that evening.
 *
 * Only the first means much for old statements, which are all recorded on the day of their import. A
 * store with `clock: () => bookingDay` would make the two the same by giving up the second: nobody could
 * tell any more when a late booking came in.
 */
export async function balanceOn(bank: App, id: string, day: string) {
  let booked = AccountState.initial
  for await (const event of bank.read(AccountEvents, { category, id }))
    if (event.data.on <= day) booked = AccountState.apply(booked, event)
  const recorded = await bank.load(Account, id, { at: new Date(`${day}T23:59:59.999Z`) })
  return { booked: booked.balance, recorded: recorded.state.balance }
}

/** All that was recorded of one order, in all accounts. */
export async function* trail(bank: App, correlation: string) {
  for await (const event of bank.read(AccountEvents))
    if (event.metadata.correlation === correlation) yield event
}
