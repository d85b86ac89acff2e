import Table from 'cli-table3'

type Cell = string | number | undefined

/** A table for people; a column whose name begins with `>` keeps to the right. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]) {
  if (rows.length === 0) return 'There is nothing to show.'
  const drawn = new Table({
    head: head.map((name) => name.replace('>', '')),
    colAligns: head.map((name) => (name.startsWith('>') ? 'right' : 'left')),
    style: { head: [], border: [], compact: true }, // no colours: the output may go to a file
  })
  drawn.push(...rows.map((row) => row.map((cell) => cell ?? '')))
  return drawn.toString()
}
