import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { z } from 'zod'

/** How the program is called. */
export const usage = `npm start -- [statement.csv] [options]

  --db bank.db        the file that the bank is kept in
  --account ACC-12    whose history to print
  --day 2024-12-31    the day to print past balances of
  --order S-0558      the order to print the audit trail of`

/** Something on the command line that is not understood. */
export class UsageError extends Error {}

/** What the program is asked to do, with full paths. */
export function commandLine(args: string[]) {
  const { values, positionals } = parsed(args)
  const { account, day, order } = values
  const [statement, ...more] = positionals
  if (more.length > 0) throw new UsageError('one statement at a time')
  if (!z.iso.date().safeParse(day).success) throw new UsageError(`there is no day "${day}"`)
  return {
    statement: pathOf(statement, 'statement.csv'),
    db: pathOf(values.db, 'bank.db'),
    account,
    day,
    order,
  }
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        db: { type: 'string' },
        account: { type: 'string', default: 'ACC-12' },
        day: { type: 'string', default: '2024-12-31' },
        order: { type: 'string', default: 'S-0558' },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error }) // parseArgs throws nothing else
  }
}

/** A path as the user meant it, else the example's own file. npm says where the user was: INIT_CWD. */
function pathOf(path: string | undefined, own: string) {
  if (path === undefined) return fileURLToPath(new URL(`../${own}`, import.meta.url))
  return resolve(process.env['INIT_CWD'] ?? '', path)
}
