import { MisuseError } from './errors.ts'

/** Refuses options that nobody reads, which are mistakes in spelling; `what` takes them. */
export function checkOptions(what: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options))
    if (!known.includes(name))
      throw new MisuseError(
        'ANNALS_OPTION',
        `${what} has no option ${name}; it takes ${known.join(', ')}`,
      )
}
