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
}

/** Somebody who does the work. */
export interface Contender {
  readonly name: string
  /** Why it cannot take part here: a peer that is not installed. */
  readonly missing?: string
  /** Makes everything new for one round; `folder` is empty and taken away afterwards. */
  open(folder: string): Promise<Subject>
}

/** A contender at work in one round. */
export interface Subject {
  /** One operation. */
  step(): unknown
  close(): Promise<void> | void
}

/** How much faster one contender must be than another. */
export interface Target {
  readonly contender: string
  readonly against: string
  readonly atLeast: number
}
