import { env, stdout } from 'node:process'

/** Tells what was measured, in the long form. */
export function tellFigure(what: string, value: string): void {
  if (env['ANNALS_FAULTS'] === 'long') stdout.write(`  ${what} ${value}\n`)
}
