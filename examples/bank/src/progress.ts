import { Presets, SingleBar } from 'cli-progress'

/** A progress bar on standard error where that is a terminal; else nothing is shown. */
export function progressBar(total: number) {
  const format = 'importing {bar} {value} of {total} lines'
  const options = { format, stream: process.stderr, hideCursor: true, gracefulExit: false }
  const bar = new SingleBar(options, Presets.shades_classic)
  bar.start(total, 0)
  return { advance: () => bar.increment(), [Symbol.dispose]: () => bar.stop() }
}
