import type { App } from 'annals'
import type { Output } from './output.ts'

/** What the value of an option is; a `flag` has none, and `texts` may be given again and again. */
interface Values {
  readonly flag: boolean
  readonly text: string
  readonly texts: readonly string[]
  readonly whole: number
  readonly time: Date
}

/** An option of a command. */
export interface Option<Kind extends keyof Values = keyof Values> {
  readonly kind: Kind
  /** What its value is called in the help. */
  readonly value?: string
  /** What it does, without a full stop. */
  readonly help: string
}

/** The options of a command by their names, without dashes. */
export type Options = Readonly<Record<string, Option>>

/** The values of the options that were given. */
export type Given<O extends Options> = { readonly [N in keyof O]?: Values[O[N]['kind']] }

/** What a command is run with. */
export interface Call<O extends Options = Options> {
  readonly app: App
  /** As many as the command asks for; those that may be left out only where they were given. */
  readonly args: readonly string[]
  readonly options: Given<O>
  readonly output: Output
  /** Ends what would go on: somebody pressed Ctrl-C, or nobody reads the output any more. */
  readonly signal: AbortSignal
}

/** A command of the command line, with all that its help says. */
export interface Command<O extends Options = Options> {
  /** One word, or two, of which several commands share the first. */
  readonly name: string
  /** What it does, in a line. */
  readonly summary: string
  /** What else the help says, where a line is not enough. */
  readonly more?: string
  /** Its arguments as the help calls them; one in brackets may be left out. */
  readonly args: readonly string[]
  readonly options: O
  /** How it is called, such as one would call it. */
  readonly example: string
  /** What its lines are with `--json`. */
  readonly json: string
  /** Gives the exit code; nothing where all went well. */
  run(call: Call<O>): Promise<number | void>
}

/** Declares a command, whose `run` sees the types of its own options. */
export function command<const O extends Options>(declared: Command<O>): Command {
  return declared
}
