/** How much the questions on a server have to work on: the answers depend on it, and so does the time. */
export interface Scale {
  /** With how many callers appends are measured. */
  readonly callers: readonly number[]
  /** Streams that there are before appends are measured. */
  readonly streams: number
  /** Events of the log that is read as a whole. */
  readonly log: number
  /** Events among which decisions are made. */
  readonly few: number
  readonly many: number
  /** Events that are stored when appends are measured. */
  readonly stored: readonly number[]
  readonly catchUp: CatchUpScale
}

/** What there is to catch up with. */
export interface CatchUpScale {
  readonly events: number
  /** The streams of the events, which take turns. */
  readonly streams: number
  /** Events of those who write their checkpoint after each one, and would take half a minute for all. */
  readonly fewer: number
}

export const fullScale: Scale = {
  callers: [1, 32, 128],
  streams: 2_048,
  log: 100_000,
  few: 10_000,
  many: 1_000_000,
  stored: [100_000],
  catchUp: { events: 100_000, streams: 10_000, fewer: 3_000 },
}

/** Takes ten minutes more. */
export const largeScale: Scale = { ...fullScale, stored: [100_000, 1_000_000, 5_000_000] }

/** Enough to see that a question can be asked. */
export const smallScale: Scale = {
  callers: [32],
  streams: 128,
  log: 2_000,
  few: 200,
  many: 1_000,
  stored: [1_000],
  catchUp: { events: 3_000, streams: 300, fewer: 100 },
}
