import { misuse } from './errors.ts'

/** Refuses options that nobody reads, which are mistakes in spelling; `what` takes them. */
export function checkOptions(what: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || (options as object | null) === null)
    misuse(`${what} takes its options as an object, with ${known.join(', ')}`)
  for (const name of Object.keys(options))
    if (!known.includes(name)) misuse(`${what} has no option ${name}; it takes ${known.join(', ')}`)
}

/** Refuses what is no whole number; `undefined` is fine. */
export function checkWhole(what: string, value: number | undefined, least = 0): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return
  misuse(`${what} is ${String(value)}; it takes a whole number from ${least}`)
}
