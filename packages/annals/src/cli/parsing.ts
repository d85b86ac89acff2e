import { parseArgs } from 'node:util'
import type { Command, Given, Option, Options } from './command.ts'
import { UsageError } from './failures.ts'
import { nearest } from './nearest.ts'
import { common } from './options.ts'

/** What was written behind the name of a command. */
export interface Parsed {
  readonly args: readonly string[]
  readonly options: Given<Options> & Given<typeof common>
}

/**
 * Reads what stands behind the name of a command.
 *
 * @throws UsageError for what the command does not take; all but arguments that are missing, where help was asked for.
 */
export function parsed(command: Command, argv: readonly string[]): Parsed {
  const declared: Options = { ...command.options, ...common }
  const given = new Map<string, unknown>()
  const args: string[] = []
  const { tokens } = parseArgs({
    args: [...argv],
    options: optionsOf(declared),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  for (const token of tokens) {
    if (token.kind === 'positional') args.push(token.value)
    if (token.kind !== 'option') continue
    const option = optionNamed(command, declared, token.name, token.rawName)
    const value = valueOf(token.rawName, option, token)
    const before = (given.get(token.name) ?? []) as readonly unknown[]
    given.set(token.name, option.kind === 'texts' ? [...before, value] : value)
  }
  // each value is of the kind that its option declares
  const options = Object.fromEntries(given) as Parsed['options']
  if (!options.help) checkArgs(command, args)
  return { args, options }
}

function optionsOf(
  declared: Options,
): Record<string, { type: 'boolean' | 'string'; short?: string }> {
  return Object.fromEntries(
    Object.entries(declared).map(([name, { kind }]) => [
      name,
      { type: kind === 'flag' ? 'boolean' : 'string', ...(name === 'help' && { short: 'h' }) },
    ]),
  )
}

function optionNamed(command: Command, declared: Options, name: string, raw: string): Option {
  const option = Object.hasOwn(declared, name) ? declared[name] : undefined
  if (option) return option
  const near = nearest(name, Object.keys(declared))
  const hint = near === undefined ? '' : `; did you mean --${near}?`
  throw new UsageError(`${command.name} has no option ${raw}${hint || seeHelp(command)}`)
}

interface OptionToken {
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}

function valueOf(name: string, option: Option, { value, inlineValue }: OptionToken): unknown {
  if (option.kind === 'flag') {
    if (value !== undefined) throw new UsageError(`${name} takes no value; leave out =${value}`)
    return true
  }
  if (value === undefined || (!inlineValue && /^-\D/.test(value)))
    throw new UsageError(`${name} takes a value: ${name} ${option.value ?? ''}`)
  if (option.kind === 'whole') return wholeOf(name, value)
  if (option.kind === 'time') return timeOf(name, value)
  return value
}

function wholeOf(name: string, value: string): number {
  const number = Number(value)
  if (/^\d+$/.test(value) && Number.isSafeInteger(number)) return number
  throw new UsageError(`${name} is ${value}; it takes a whole number from 0`)
}

function timeOf(name: string, value: string): Date {
  const time = new Date(value)
  const [, day] = /^(\d{4}-\d\d-\d\d)(T.*(Z|[+-]\d\d:\d\d))?$/.exec(value) ?? []
  if (day !== undefined && !isDay(day))
    throw new UsageError(`${name} is ${value}, and there is no day ${day}`)
  if (day !== undefined && !Number.isNaN(time.getTime())) return time
  throw new UsageError(
    `${name} is ${value}; it takes a time with its zone, like 2026-01-31T12:00:00Z, or a day, which begins in UTC`,
  )
}

/** Whether a month has such a day: `Date` takes 31 February for 3 March. */
function isDay(day: string): boolean {
  const time = new Date(day)
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(day)
}

function checkArgs(command: Command, args: readonly string[]): void {
  const missing = command.args[args.length]
  if (missing !== undefined && !missing.startsWith('['))
    throw new UsageError(`${command.name} takes ${command.args.join(' ')}${seeHelp(command)}`)
  const extra = args[command.args.length]
  if (extra !== undefined)
    throw new UsageError(
      command.args.length === 0
        ? `${command.name} takes no argument ${extra}${seeHelp(command)}`
        : `${command.name} takes ${command.args.join(' ')}, and no ${extra}${seeHelp(command)}`,
    )
}

function seeHelp({ name }: Command): string {
  return `; see annals ${name} --help`
}
