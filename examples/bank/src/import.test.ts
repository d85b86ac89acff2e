import { memory, type App } from 'annals'
import { parse } from 'csv-parse/sync'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Account } from './account.ts'
import { openBank } from './bank.ts'
import { accounts } from './books.ts'
import { importLines } from './import.ts'
import { parseStatement } from './statement.ts'

const csv = readFileSync(new URL('../statement.csv', import.meta.url), 'utf8')
const header = 'id,date,kind,account,to,amount,text\n'
const opening = `${header}S-1,2025-01-01,open,A,,,Ada\n`

async function imported(bank: App, statement: string) {
  const outcomes = []
  for await (const { line, became, reason } of importLines(bank, parseStatement(statement)))
    outcomes.push({ line: line.number, became, ...(reason !== undefined && { reason }) })
  return outcomes
}

async function balances(bank: App) {
  const found: Record<string, number> = {}
  for await (const { id, balance } of accounts(bank)) found[id] = balance
  return found
}

/** The same statement by plain arithmetic, with nothing of the bank's own code. */
function calculated(statement: string) {
  const rows: string[][] = parse(statement, { relax_column_count: true })
  const held: Record<string, number> = {}
  const refused: number[] = []
  const seen = new Set<string>()
  for (const [index, row] of rows.entries()) {
    if (index === 0) continue
    const [id = '', date = '', kind = '', from = '', to = '', amount = '', text = ''] = row
    const written =
      row.length === 7 &&
      id !== '' &&
      !seen.has(id) &&
      !Number.isNaN(Date.parse(`${date}T00:00Z`)) &&
      new Date(date).toISOString().startsWith(date) &&
      (kind === 'open' ? text !== '' : /^\d+\.\d\d$/.test(amount) && Number(amount) > 0)
    if (written) seen.add(id)
    const cents = Math.round(Number(amount) * 100)
    const [payer, payee] =
      { deposit: ['', from], withdraw: [from, ''], transfer: [from, to] }[kind] ?? []
    const can =
      kind === 'open'
        ? held[from] === undefined
        : payer !== undefined &&
          payer !== payee &&
          (payer === '' || (held[payer] ?? 0) >= cents) &&
          (payee === '' || held[payee ?? ''] !== undefined)
    if (!written || !can) refused.push(index + 1)
    else if (kind === 'open') held[from] = 0
    else {
      if (payer) held[payer] = (held[payer] ?? 0) - cents
      if (payee) held[payee] = (held[payee] ?? 0) + cents
    }
  }
  return { held, refused, lines: rows.length - 1 }
}

test('the bank holds what plain arithmetic says, and refuses the same lines', async () => {
  await using bank = openBank(memory())
  const outcomes = await imported(bank, csv)
  const expected = calculated(csv)
  expect(await balances(bank)).toEqual(expected.held)
  expect(outcomes).toHaveLength(expected.lines)
  const refused = outcomes.filter(({ became }) => became === 'refused')
  expect(refused.map(({ line }) => line)).toEqual(expected.refused)
  expect(refused.every(({ reason }) => reason)).toBe(true)
})

test('a second run imports nothing, and refuses the same for the same reasons', async () => {
  await using bank = openBank(memory())
  const first = await imported(bank, csv)
  const held = await balances(bank)
  const second = await imported(bank, csv)
  expect(await balances(bank)).toEqual(held)
  expect(second).toEqual(
    first.map((it) => (it.became === 'imported' ? { ...it, became: 'known' } : it)),
  )
})

test('every refused line has its reason, and the import goes on', async () => {
  await using bank = openBank(memory())
  const outcomes = await imported(
    bank,
    `${opening}nonsense
S-2,2025-01-02,withdraw,A,,5.00,too early
S-3,2025-01-03,deposit,B,,5.00,to nobody
S-4,2025-01-04,open,A,,,Eve
S-5,2025-01-05,deposit,A,,5.00,pay
S-6,2025-01-06,transfer,A,A,5.00,to myself
S-7,2025-01-07,transfer,A,B,5.00,to nobody
`,
  )
  expect(outcomes).toEqual([
    { line: 2, became: 'imported' },
    { line: 3, became: 'refused', reason: 'the line has 1 column instead of 7' },
    { line: 4, became: 'refused', reason: 'the account must not be overdrawn' },
    { line: 5, became: 'refused', reason: 'the account must be open' },
    { line: 6, became: 'refused', reason: 'the account is open already' },
    { line: 7, became: 'imported' },
    { line: 8, became: 'refused', reason: 'a transfer needs two accounts' },
    { line: 9, became: 'refused', reason: 'the account must be open' },
  ])
  expect(await balances(bank)).toEqual({ A: 500 })
})

test('an order that was refused stays refused when there is money later', async () => {
  await using bank = openBank(memory())
  const early = `${opening}S-2,2025-01-02,withdraw,A,,5.00,too early\n`
  await imported(bank, early)
  await imported(bank, `${early}S-3,2025-01-03,deposit,A,,9.00,pay\n`)
  await imported(bank, `${early}S-3,2025-01-03,deposit,A,,9.00,pay\n`)
  expect(await balances(bank)).toEqual({ A: 900 })
})

test('a line that changed after its import is refused, not imported again', async () => {
  await using bank = openBank(memory())
  await imported(bank, `${opening}S-2,2025-01-02,deposit,A,,5.00,pay\n`)
  const [, changed] = await imported(bank, `${opening}S-2,2025-01-02,deposit,A,,50.00,pay\n`)
  expect(changed?.reason).toBe('the line was imported before, and has changed since')
  expect(await balances(bank)).toEqual({ A: 500 })
})

test('an import that stops anywhere goes on where it was', async () => {
  await using bank = openBank(memory())
  const lines = parseStatement(csv)
  for (const stop of [1, 6, 350, 700]) {
    let done = 0
    for await (const _ of importLines(bank, lines)) if (++done === stop) break
  }
  await imported(bank, csv)
  expect(await balances(bank)).toEqual(calculated(csv).held)
})

test('what is recorded says who, and because of which order', async () => {
  await using bank = openBank(memory())
  await imported(bank, opening)
  const { AccountOpened } = Account.fold.events
  for await (const { metadata } of bank.read({ AccountOpened }))
    expect(metadata).toMatchObject({
      actor: 'statement import',
      correlation: 'S-1',
      command: { name: 'account.open', arguments: { owner: 'Ada', on: '2025-01-01' } },
    })
})
