import { printable } from './printing.ts'

/** A column of a table: its head, and what it shows of a row. */
export interface Column<Row> {
  readonly head: string
  readonly cell: (row: Row) => string | number | undefined
  /** Numbers keep to the right. */
  readonly right?: boolean
  /** How wide it is at least, where rows come one by one. */
  readonly least?: number
}

/** A table whose rows come in parts; later ones may widen its columns. */
export class Table<Row> {
  readonly #columns: readonly Column<Row>[]
  #widths: readonly number[]
  #hasHead = false

  constructor(columns: readonly Column<Row>[]) {
    this.#columns = columns
    this.#widths = columns.map(({ head, least = 0 }) => Math.max(least, head.length))
  }

  /** The lines of some rows, below the head where they are the first. */
  lines(rows: readonly Row[]): string {
    const cells = rows.map((row) =>
      this.#columns.map(({ cell }) => printable(String(cell(row) ?? '-'))),
    )
    this.#widths = this.#widths.map((width, index) =>
      Math.max(width, ...cells.map((row) => row[index]?.length ?? 0)),
    )
    const head = this.#hasHead ? [] : [this.#columns.map((column) => column.head)]
    this.#hasHead = true
    return [...head, ...cells].map((row) => this.#line(row)).join('')
  }

  #line(cells: readonly string[]): string {
    const padded = cells.map((cell, index) => {
      const width = this.#widths[index] ?? 0
      return this.#columns[index]?.right ? cell.padStart(width) : cell.padEnd(width)
    })
    return `${padded.join('  ').trimEnd()}\n`
  }
}
