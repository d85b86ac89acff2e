import { CsvError, parse } from 'csv-parse/sync'
import { z } from 'zod'
import { WrittenAmount } from './money.ts'

const columns = ['id', 'date', 'kind', 'account', 'to', 'amount', 'text'] as const

const text = (name: string) => z.string().min(1, `the ${name} is missing`)
const common = {
  id: text('id'),
  date: z.iso.date({ error: ({ input }) => `there is no day "${String(input)}"` }),
  account: text('account'),
}
const money = { ...common, amount: WrittenAmount, text: z.string() }

const Order = z.discriminatedUnion(
  'kind',
  [
    z.object({ kind: z.literal('open'), ...common, text: text('owner') }),
    z.object({ kind: z.literal('deposit'), ...money }),
    z.object({ kind: z.literal('withdraw'), ...money }),
    z.object({ kind: z.literal('transfer'), ...money, to: text('account to transfer to') }),
  ],
  { error: ({ input }) => `the kind "${(input as { kind: string }).kind}" is unknown` },
)

/** One order of a statement; its id is the same wherever and whenever the statement is read. */
export type Order = z.output<typeof Order>

/** One line of a statement: an order, or what is wrong with it. */
export type Line =
  | { readonly number: number; readonly order: Order }
  | { readonly number: number; readonly malformed: string }

/** A file that is no statement at all. */
export class StatementError extends Error {}

/**
 * The lines of a statement. A malformed line is one of them, since it keeps nobody from reading on.
 *
 * @throws StatementError when the columns are not those of a statement.
 */
export function parseStatement(csv: string) {
  if (csv.trim() === '') throw new StatementError('the file is empty')
  const firstLineOf = new Map<string, number>()
  return rowsOf(csv).map(({ record, info }): Line => {
    const number = info.lines
    if (info.error) return { number, malformed: shortOrLong(info.error, info.columns.length) }
    const { data: order, error } = Order.safeParse(record)
    if (error) return { number, malformed: error.issues.map(({ message }) => message).join('; ') }
    const first = firstLineOf.get(order.id)
    if (first) return { number, malformed: `line ${first} has the id ${order.id} already` }
    firstLineOf.set(order.id, number)
    return { number, order }
  })
}

interface Row {
  readonly record: Readonly<Record<string, string>>
  readonly info: {
    readonly lines: number
    readonly columns: readonly unknown[]
    readonly error?: CsvError
  }
}

function rowsOf(csv: string) {
  try {
    // `info` makes each row what `Row` says, which the types of csv-parse leave open
    return parse(csv, {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      info: true,
      columns: checkHeader,
    }) as unknown as readonly Row[]
  } catch (error) {
    if (error instanceof CsvError) throw new StatementError(error.message, { cause: error })
    throw error
  }
}

function checkHeader(header: readonly string[]) {
  const missing = columns.filter((column) => !header.includes(column))
  if (missing.length > 0)
    throw new StatementError(
      `the first line of a statement is ${columns.join(',')}; here ${missing.join(', ')} is missing`,
    )
  return [...header]
}

function shortOrLong({ record }: CsvError, expected: number) {
  const found = Array.isArray(record) ? record.length : 0
  return `the line has ${found} ${found === 1 ? 'column' : 'columns'} instead of ${expected}`
}
