import { checkOptions, checkWhole } from '../core/options.ts'
import { StorageError } from '../core/errors.ts'
import type { App } from '../processing/app.ts'
import { errorText } from '../processing/failures.ts'
import { partsBehind } from '../processing/parts.ts'
import { status, type ProcessorStatus, type Status } from './status.ts'

/** What a probe is told. */
export interface Health {
  readonly healthy: boolean
  /** What is wrong, a sentence each. */
  readonly problems: readonly string[]
}

/** What counts as healthy. */
export interface HealthOptions {
  /** How many positions a processor may be behind the head of the log; any number by default. */
  readonly lag?: number
}

/**
 * Whether the app does what it should: its store answers, everything it keeps is run by some process or paused on
 * purpose, and nothing waits for a person. It writes nothing, and never fails: a store that does not answer is a problem like others.
 */
export async function health(app: App, options: HealthOptions = {}): Promise<Health> {
  checkOptions('health', options, ['lag'])
  checkWhole('health: lag', options.lag)
  const problems = await problemsOf(app, options)
  return { healthy: problems.length === 0, problems }
}

async function problemsOf(app: App, { lag }: HealthOptions): Promise<readonly string[]> {
  try {
    const { store, processors } = await status(app)
    return processors.flatMap((processor) => [
      ...(isToCome(app, store, processor) ? [] : problemOf(processor)),
      ...(lag !== undefined && processor.lag !== undefined && processor.lag > lag
        ? [`${processor.name} is ${processor.lag} positions behind the head of the log`]
        : []),
    ])
  } catch (error) {
    if (error instanceof StorageError) return [`the store cannot be used: ${error.message}`]
    return [`the store does not answer: ${errorText(error)}`]
  }
}

/** Whether it is made by the first append, which keeps it from then on: so who asks before it lets in requests is not refused. */
function isToCome(app: App, { head }: Status['store'], processor: ProcessorStatus): boolean {
  const { processing } = partsBehind('health', app)
  return processor.state === 'new' && head === 0 && processing.keepsInline(processor)
}

function problemOf({ name, state, error, parked }: ProcessorStatus): readonly string[] {
  const problems: string[] = []
  if (state === 'new')
    problems.push(`${name} is not in the store yet: call start() in a process that keeps it`)
  if (state === 'stopped')
    problems.push(`${name} is run by no process: call start() in one that keeps it`)
  else if (error !== undefined)
    problems.push(`${name} ${state === 'failed' ? 'cannot go on' : 'is held up'}: ${error}`)
  if (parked.stuck > 0)
    problems.push(
      `${name} has ${parked.stuck} ${parked.stuck === 1 ? 'queue' : 'queues'} of parked events that wait for a person: npx annals parked lists them`,
    )
  return problems
}
