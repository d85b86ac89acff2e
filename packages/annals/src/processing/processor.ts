import { misuse } from '../core/errors.ts'
import { milliseconds, type Duration } from '../core/duration.ts'
import type { Events } from '../core/event.ts'
import { checkOptions, checkWhole } from '../core/options.ts'
import type { ProcessorKind, ProcessorName } from '../store/ledger.ts'
import { hashes } from '../store/slices.ts'

/** What an app keeps up to date: a view, a projection, a subscription. `Tx` is of the store it is for. */
export interface Processor<Tx = never> {
  readonly kind: ProcessorKind
  /** What checkpoints and tables are kept under: another name is another processor, which begins anew. */
  readonly name: string
  readonly version: string
  readonly events: Events
  /** The event types that it handles. */
  readonly types: readonly string[]
  /** Into how many slices it is cut, each run by one process at a time. */
  readonly slices: number
  readonly retry: Retry
  readonly '~tx'?: Tx
}

/** How often and how fast an event is tried again that could not be handled. */
export interface RetryOptions {
  /** How often it is tried before nothing but a person tries again: 8 times. */
  readonly attempts?: number
  /** The pause before it is tried again the first time, doubled each time: `'200ms'`. Half of it is random. */
  readonly backoff?: Duration
  /** The longest pause: `'1m'`. */
  readonly max?: Duration
}

/** The same, with its defaults and in milliseconds. */
export interface Retry {
  readonly attempts: number
  readonly backoff: number
  readonly max: number
}

/** What most processors can be told. */
export interface ProcessorOptions {
  readonly retry?: RetryOptions
  /**
   * Into how many slices the work is cut, by a hash of the queue of each event; 1 by default. Each is run by one
   * process at a time. It may be changed from one start to the next, to any number up to 1,024.
   */
  readonly slices?: number
}

/** Whether two are one processor in one version. */
export function isSame(one: ProcessorName, other: ProcessorName): boolean {
  return one.name === other.name && one.version === other.version
}

/** A name that tables can have in every database. */
export function checkProcessorName(kind: string, name: string): void {
  if (typeof name === 'string' && /^[a-z][a-z0-9-]{0,39}$/.test(name)) return
  misuse(
    `${kind}: its name is ${JSON.stringify(name)}; it takes small letters, digits and -, 40 at most, and begins with a letter`,
  )
}

/** What processors have in common, with its defaults. */
export function processorSettings(
  what: string,
  { retry = {}, slices = 1 }: ProcessorOptions,
): Pick<Processor, 'slices' | 'retry'> {
  checkWhole(`${what}: slices`, slices, 1)
  if (slices > hashes) misuse(`${what}: slices is ${slices}; the most is ${hashes}`)
  checkOptions(`${what}: retry`, retry, ['attempts', 'backoff', 'max'])
  const { attempts = 8, backoff = '200ms', max = '1m' } = retry
  checkWhole(`${what}: retry.attempts`, attempts, 1)
  return {
    slices,
    retry: {
      attempts,
      backoff: milliseconds(backoff, `${what}: retry.backoff`),
      max: milliseconds(max, `${what}: retry.max`),
    },
  }
}

/** A version as it is written into names of tables. */
export function checkVersion(what: string, version: number): void {
  checkWhole(`${what}: version`, version, 1)
}
