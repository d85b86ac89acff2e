import { jsonOf, printable } from './printing.ts'
import { Table, type Column } from './table.ts'

/** How rows are shown. */
export interface Listing<Row> {
  readonly columns: readonly Column<Row>[]
  /** What programs are given of a row: all of it, unless said otherwise. */
  readonly json?: (row: Row) => unknown
  /** What people are told where there is no row. */
  readonly none?: string
  /** Whether each row is shown when it comes, as where nobody knows when the next does. */
  readonly atOnce?: boolean
}

// in milliseconds, of what is told again and again where lines cannot be drawn over
const betweenLines = 10_000

// of a terminal that does not say how wide it is
const usualColumns = 80

// how many rows are gathered to make their columns equally wide
const part = 100

/** How an output is written. */
interface Manner {
  readonly json: boolean
  /** Whether a line can be drawn over, as on a terminal. */
  readonly redraws: boolean
  /** How wide the terminal is now. */
  readonly columns?: (() => number | undefined) | undefined
}

/** Where a command writes what it found: tables for people, or JSON for programs. */
export class Output {
  readonly #write: (text: string) => Promise<void>
  readonly #json: boolean
  readonly #redraws: boolean
  readonly #columns: () => number | undefined
  #drawn = 0
  #toldAt = performance.now()

  constructor(write: (text: string) => Promise<void>, manner: Manner) {
    const { json, redraws, columns = () => undefined } = manner
    this.#write = write
    this.#json = json
    this.#redraws = redraws
    this.#columns = columns
  }

  /** Tells people something in a line. */
  async say(line: string): Promise<void> {
    if (!this.#json) await this.#write(`${printable(line)}\n`)
  }

  /** Tells programs something in a row. */
  async row(value: unknown): Promise<void> {
    if (this.#json) await this.#write(`${jsonOf(value)}\n`)
  }

  /** Tells something: a line for people, or a row for programs. */
  async tell(line: string, value: unknown): Promise<void> {
    await this.row(value)
    await this.say(line)
  }

  /**
   * Shows people a line in the place of the one that was shown so before; where that cannot be, a line now and then. It is told
   * how many columns there are, and cut where it takes more.
   */
  async redraw(line: (columns: number) => string): Promise<void> {
    if (this.#json) return
    if (!this.#redraws) {
      const now = performance.now()
      if (now - this.#toldAt < betweenLines) return
      this.#toldAt = now
      return this.say(line(Infinity))
    }
    // one less: at the last column a terminal may begin a new line, which nothing draws over
    const columns = (this.#columns() || usualColumns) - 1
    const shown = printable(line(columns)).slice(0, columns)
    // as many columns as it had before are blank
    const padded = shown.padEnd(Math.min(this.#drawn, columns))
    this.#drawn = shown.length
    await this.#write(`\r${padded}`)
  }

  /** The line stays as it is. */
  async redrawn(): Promise<void> {
    if (this.#drawn > 0) await this.#write('\n')
    this.#drawn = 0
  }

  /** A text that is the same for both. */
  async text(text: string): Promise<void> {
    await this.#write(text)
  }

  /** Lists rows for people only: programs have been told. */
  async people<Row>(rows: readonly Row[], listing: Listing<Row>): Promise<void> {
    if (!this.#json) await this.list(rows, listing)
  }

  /** Lists rows, and gives how many there were. */
  async list<Row>(
    rows: Iterable<Row> | AsyncIterable<Row>,
    { columns, json = (row) => row, none, atOnce = false }: Listing<Row>,
  ): Promise<number> {
    const table = new Table(columns)
    let count = 0
    let gathered: Row[] = []
    const show = async () => {
      if (gathered.length > 0)
        await this.#write(
          this.#json
            ? gathered.map((row) => `${jsonOf(json(row))}\n`).join('')
            : table.lines(gathered),
        )
      gathered = []
    }
    try {
      for await (const row of rows) {
        count++
        gathered.push(row)
        if (atOnce || gathered.length === part) await show()
      }
    } finally {
      await show() // also what came before an error
    }
    if (count === 0 && none !== undefined) await this.say(none)
    return count
  }
}
