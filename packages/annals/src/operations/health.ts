import { checkOptions, checkWhole } from '../core/options.ts'
import type { App } from '../processing/app.ts'
import { errorText } from '../processing/failures.ts'
import { status, type ProcessorStatus } from './status.ts'

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
 * purpose, and nothing waits for a person. It never fails: a store that does not answer is a problem like others.
 */
export async function health(app: App, options: HealthOptions = {}): Promise<Health> {
  checkOptions('health', options, ['lag'])
  checkWhole('health: lag', options.lag)
  const problems = await problemsOf(app, options)
  return { healthy: problems.length === 0, problems }
}

async function problemsOf(app: App, { lag }: HealthOptions): Promise<readonly string[]> {
  try {
    const { processors } = await status(app)
    return processors.flatMap((processor) => [
      ...problemOf(processor),
      ...(lag !== undefined && processor.lag > lag
        ? [`${processor.name} is ${processor.lag} positions behind the head of the log`]
        : []),
    ])
  } catch (error) {
    return [`the store does not answer: ${errorText(error)}`]
  }
}

function problemOf({ name, state, error, parked }: ProcessorStatus): readonly string[] {
  const problems: string[] = []
  if (state === 'stopped')
    problems.push(`${name} is run by no process: call start() in one that keeps it`)
  else if (error !== undefined)
    problems.push(`${name} ${state === 'failed' ? 'cannot go on' : 'is held up'}: ${error}`)
  if (parked.stuck > 0)
    problems.push(
      `${name} has ${parked.stuck} ${parked.stuck === 1 ? 'queue' : 'queues'} of parked events that wait for a person: see parked()`,
    )
  return problems
}
