import type { App, EventOf } from 'annals'
import type { AccountEvents } from './account.ts'
import { accounts, balanceOn, history, trail } from './books.ts'
import type { Outcome } from './import.ts'
import { inEuros } from './money.ts'
import type { Order } from './statement.ts'
import { table } from './table.ts'

/** What became of the lines of a statement, above all of those that were refused. */
export function importReport(outcomes: readonly Outcome[]) {
  const { imported = [], known = [], refused = [] } = Object.groupBy(outcomes, (it) => it.became)
  const rows = refused.map(({ line, reason }) => [
    line.number,
    'order' in line ? inWords(line.order) : '',
    reason,
  ])
  const counts = `${imported.length} imported, ${known.length} already imported, ${refused.length} refused`
  const total = `${outcomes.length} lines: ${counts}`
  return refused.length === 0
    ? total
    : `${table(['>line', 'order', 'refused because'], rows)}\n${total}`
}

/** What every account holds. */
export async function balanceReport(bank: App) {
  const rows = []
  for await (const { id, owner, version, balance } of accounts(bank))
    rows.push([id, owner, version, inEuros(balance)])
  return table(['account', 'owner', '>events', '>balance'], rows)
}

/** All that happened to an account, with the balance after each event. */
export async function historyReport(bank: App, id: string) {
  const rows = []
  for await (const { event, state } of history(bank, id)) {
    const { amount, text } = details(event)
    rows.push([event.version, event.data.on, event.type, text, amount, inEuros(state.balance)])
  }
  return table(['>version', 'booked on', 'event', 'text', '>amount', '>balance after'], rows)
}

/** What every account held at the end of a day, by its bookings and by what was recorded then. */
export async function pastReport(bank: App, day: string) {
  const rows = []
  for await (const { id, owner } of accounts(bank)) {
    const { booked, recorded } = await balanceOn(bank, id, day)
    rows.push([id, owner, inEuros(booked), inEuros(recorded)])
  }
  return table(['account', 'owner', '>booked', '>recorded'], rows)
}

/** Everything that was recorded under one correlation: when, by whom, by which command. */
export async function trailReport(bank: App, correlation: string) {
  const rows = []
  for await (const event of trail(bank, correlation)) {
    const { position, at, metadata, stream } = event
    const { command, actor } = metadata
    const recorded = at.toISOString().slice(0, 19).replace('T', ' ')
    rows.push([
      position,
      recorded,
      actor,
      command?.name,
      stream.id,
      event.type,
      details(event).amount,
    ])
  }
  const head = ['>position', 'recorded (UTC)', 'actor', 'command', 'account', 'event', '>amount']
  return table(head, rows)
}

function details({ type, data }: EventOf<typeof AccountEvents>) {
  if (type === 'AccountOpened') return { amount: '', text: data.owner }
  const sign = type === 'MoneyWithdrawn' ? -1 : 1
  return { amount: inEuros(sign * data.amount), text: data.text }
}

function inWords(order: Order) {
  if (order.kind === 'open') return `open ${order.account}`
  const to = order.kind === 'transfer' ? ` to ${order.to}` : ''
  return `${order.kind} ${order.account}${to}, ${inEuros(order.amount)}`
}
