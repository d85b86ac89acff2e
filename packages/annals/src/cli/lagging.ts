import type { VersionStatus } from 'annals/operations'

/** How far a version has seen the log. */
export interface Reached {
  readonly version: string
  readonly position: number
  /** Where the log ends. */
  readonly end: number
}

// positions before the end of the log: what a version that is run lacks now and then
const most = 1_000

/** Whether a version has seen enough of the log to be compared with another. */
export function isComparable({ position, end }: Reached): boolean {
  return end - position <= most && !isUnbuilt({ position, end })
}

/** What is to be done about a version that has not seen the whole log, in a sentence. */
export function laggingText({ version, position, end }: Reached, known: VersionStatus): string {
  const is = isUnbuilt({ position, end }) ? 'has not been built' : 'is behind'
  return `version ${version} of ${known.name} ${is}: it is at position ${position} of ${end}; ${remedyOf(known)}`
}

function isUnbuilt({ position, end }: Pick<Reached, 'position' | 'end'>): boolean {
  return position === 0 && end > 0
}

function remedyOf({ name, version, live, declared }: VersionStatus): string {
  if (live) return 'start a process that keeps it'
  const command = `run npx annals rebuild ${name}@${version}`
  return declared ? command : `${command} with the app that declares it`
}
