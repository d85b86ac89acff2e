import { misuse } from '../core/errors.ts'
import type { Event } from '../core/event.ts'
import { checkOptions } from '../core/options.ts'
import { callableCommands, type PlainAggregate } from '../core/deciding.ts'
import type { App } from '../processing/app.ts'
import { partsBehind } from '../processing/parts.ts'
import { run } from '../store/commands.ts'
import type { Loaded } from '../store/history.ts'
import { streamNamed } from './stream-name.ts'
import { aggregateOf } from './which-aggregate.ts'

/** A command by its name, as it comes from outside the program. */
export interface NamedCommand {
  /** The aggregate, like `account/acc-1`. */
  readonly stream: string
  /** The name of a command that was made with `command(schema, …)`. */
  readonly command: string
  /** What its schema is asked about. */
  readonly argument?: unknown
}

/** How a command is run by its name. */
export interface RunOptions {
  /** Refuse unless the aggregate is at this version. */
  readonly version?: number
  /** The same request twice has its effect, and its answer, once. */
  readonly once?: string
}

/** What a command by its name gave: the aggregate after it, and the events that it added. */
export interface CommandDone extends Loaded<unknown> {
  readonly events: readonly Event[]
  /** Whether this is the answer that a `once` key gave before, and nothing was done now. */
  readonly repeated: boolean
}

/**
 * Runs a command of an aggregate that the app names, as `open` does. Only commands that were made with `command(schema, …)` are
 * run: their argument is checked by the schema.
 *
 * @throws MisuseError `ANNALS_OPTION` for an aggregate or a command that there is none of, or that has no schema.
 * @throws InvalidError `ANNALS_INVALID_COMMAND` for an argument that the schema refuses.
 * @throws RejectedError when the command says no.
 */
export async function runCommand(
  app: App,
  named: NamedCommand,
  options: RunOptions = {},
): Promise<CommandDone> {
  checkOptions('runCommand', options, ['version', 'once'])
  checkOptions('runCommand', named, ['stream', 'command', 'argument'])
  const parts = partsBehind('runCommand', app)
  const { category, id } = streamNamed(parts, named.stream)
  const aggregate = aggregateOf(parts, category)
  checkCallable(aggregate, named.command)
  return run(parts.session, { aggregate, id, name: named.command, args: [named.argument] }, options)
}

function checkCallable(aggregate: PlainAggregate, name: string): void {
  const callable = callableCommands(aggregate)
  if (callable.includes(name)) return
  const { category } = aggregate
  const known = callable.length > 0 ? `it has ${callable.join(', ')}` : 'it has none'
  misuse(
    `${category} has no command ${name} that was made with command(schema, …), which alone are run by name; ${known}`,
  )
}
