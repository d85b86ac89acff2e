import type { Shift, Work } from './work.ts'

/** What is compared in one table: contenders that do the same work. */
export interface Question {
  /** The name of its section, and what `--only` looks for. */
  readonly title: string
  /** What one operation is, and what a reader must know to judge the figures. */
  readonly about: string
  readonly unit: string
  /** How many events an operation handles, for figures in events. */
  readonly eventsPerOperation?: number
  /** How many callers work at the same time; one by default. */
  readonly callers?: number
  /** The contender that the ratios are to. */
  readonly baseline: string
  readonly contenders: readonly Contender[]
  readonly targets?: readonly Target[]
  /** Whether how long each operation took is told, too. */
  readonly latency?: boolean
  /**
   * Where contenders talk to a server they are opened once, and each round goes on where the one before
   * ended: with connections that are open, on tables in use. Rounds last longer there.
   */
  readonly onServer?: boolean
  /** Whether contenders are opened once though there is no server: what a program that has run for long gives. */
  readonly staysOpen?: boolean
}

/** Somebody who does the work. */
export interface Contender {
  readonly name: string
  /** Why it cannot take part here: a peer that is not installed. */
  readonly missing?: string
  /** Makes everything new; `folder` is empty and taken away afterwards. */
  open(folder: string): Promise<Subject | Crew>
}

/** A contender at work. */
export interface Subject extends Opened {
  /** One operation. */
  step(): unknown
  /** How many operations a step is, where it is more than one. */
  readonly stepSize?: number
  /** The most callers that are of use to it. */
  readonly mostCallers?: number
}

/** A contender that works in a way of its own: in other processes, say. */
export interface Crew extends Opened {
  work(shift: Shift): Promise<Work>
}

interface Opened {
  /** CPU time that its server has used so far, in microseconds. */
  serverCpu?(): number
  close(): Promise<void> | void
}

/** What one contender must reach, against another, against the best of several, or by itself. */
export interface Target {
  readonly contender: string
  /** Without, the figure itself is the target: the question's unit, milliseconds, or microseconds of CPU. */
  readonly against?: string | readonly string[]
  /** The rate by default; CPU is that of the client and the server together. */
  readonly figure?: Figure
  readonly atLeast?: number
  readonly atMost?: number
}

/** What targets are about. */
export type Figure = 'rate' | 'p50' | 'p99' | 'cpu'
