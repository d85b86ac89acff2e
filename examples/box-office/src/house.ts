import { postgres } from 'annals/postgres'

/** Where the events of the box office are, and how many seats it has to sell. */
export interface House {
  readonly url: string
  readonly schema: string
  readonly seats: number
}

/** The store of a house; each process opens its own. */
export function openStore({ url, schema }: House) {
  return postgres(url, { schema })
}

/** The house that the process was started for. */
export function givenHouse(): House {
  const [, , given = '{}'] = process.argv
  return JSON.parse(given) as House // only the main program starts the others
}

/** Tells the main program something. */
export function tell(message: unknown): void {
  process.send?.(message)
}
