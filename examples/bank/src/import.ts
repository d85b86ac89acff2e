import { AnnalsError, RejectedError, type App } from 'annals'
import { Account } from './account.ts'
import { Refusal, refusals } from './refusal.ts'
import type { Line, Order } from './statement.ts'
import { transfer } from './transfer.ts'

/** What became of a line; a refused one has a reason. */
export interface Outcome {
  readonly line: Line
  readonly became: 'imported' | 'known' | 'refused'
  readonly reason?: string
}

/**
 * Carries out the lines of a statement, one after the other: what an account can pay depends on what
 * came before. It may stop anywhere and be run again, and no order has its effect twice.
 */
export async function* importLines(
  bank: App,
  lines: readonly Line[],
): AsyncGenerator<Outcome, void, undefined> {
  const refused = await refusals(bank)
  for (const line of lines) {
    if ('malformed' in line) {
      yield { line, became: 'refused', reason: line.malformed }
      continue
    }
    const reason = refused.get(line.order.id)
    if (reason === undefined) yield { line, ...(await importOrder(bank, line.order)) }
    else yield { line, became: 'refused', reason }
  }
}

async function importOrder(bank: App, order: Order): Promise<Omit<Outcome, 'line'>> {
  // whatever is recorded because of an order can be found by its id
  const clerk = bank.with({ actor: 'statement import', correlation: order.id })
  try {
    const { repeated } = await carryOut(clerk, order)
    return { became: repeated ? 'known' : 'imported' }
  } catch (error) {
    const reason = reasonOf(error)
    if (error instanceof RejectedError) await clerk.open(Refusal, order.id).record(reason)
    return { became: 'refused', reason }
  }
}

/** An order that was carried out before has no effect again: it gives the answer that it gave then. */
function carryOut(bank: App, order: Order) {
  const { kind, id: once, account: from, date: on, text } = order
  const account = bank.open(Account, from, { once })
  switch (kind) {
    case 'open':
      return account.open({ owner: text, on })
    case 'deposit':
      return account.deposit({ amount: order.amount, on, text })
    case 'withdraw':
      return account.withdraw({ amount: order.amount, on, text })
    case 'transfer':
      return transfer(bank, { id: once, from, to: order.to, amount: order.amount, on, text })
  }
}

function reasonOf(error: unknown) {
  if (error instanceof RejectedError) return error.reason
  if (error instanceof AnnalsError && error.code === 'ANNALS_ONCE_MISMATCH')
    return 'the line was imported before, and has changed since'
  throw error
}
