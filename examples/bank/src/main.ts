import type { App } from 'annals'
import { sqlite } from 'annals/sqlite'
import { readFile } from 'node:fs/promises'
import { openBank } from './bank.ts'
import { commandLine } from './command-line.ts'
import { explained } from './explained.ts'
import { importLines } from './import.ts'
import { progressBar } from './progress.ts'
import { balanceReport, historyReport, importReport, pastReport, trailReport } from './report.ts'
import { parseStatement, type Line } from './statement.ts'

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort()) // a second Ctrl-C ends the program at once

try {
  await main()
} catch (error) {
  console.error(explained(error))
  process.exitCode = 1
}

async function main() {
  const { statement, db, day, account, order } = commandLine(process.argv.slice(2))
  const lines = parseStatement(await readFile(statement, 'utf8'))
  // else a key is forgotten after 30 days, and the statement could be imported twice
  await using bank = openBank(sqlite(db, { keepOnce: 'forever' }))

  title(`The import of ${statement} into ${db}`)
  const outcomes = await importWithProgress(bank, lines)
  console.log(importReport(outcomes))
  if (outcomes.length < lines.length) {
    console.log('Interrupted. What was imported is kept: run it again to go on.')
    process.exitCode = 130
    return
  }
  title('The balances')
  console.log(await balanceReport(bank))
  title(`The history of ${account}`)
  console.log(await historyReport(bank, account))
  title(`The balances on ${day}: by the bookings up to then, and by what was recorded up to then`)
  console.log(await pastReport(bank, day))
  title(`The audit trail of ${order}`)
  console.log(await trailReport(bank, order))
}

async function importWithProgress(bank: App, lines: readonly Line[]) {
  const outcomes = []
  using bar = progressBar(lines.length)
  for await (const outcome of importLines(bank, lines)) {
    outcomes.push(outcome)
    bar.advance()
    if (interrupted.signal.aborted) break
  }
  return outcomes
}

function title(text: string) {
  console.log(`\n${text}\n`)
}
