import type { Event } from '../core/event.ts'
import type { ProcessorKind, ProcessorName } from './ledger.ts'
import type { Append, StreamName } from './store.ts'

/**
 * Who watches what is done with a store: see `observed`. Whatever stands on the store asks it for its observer, and where
 * there is none nothing is done. An observer must not throw: what it is told of goes on, or has happened.
 */
export interface Observer {
  /** Does the work of an operation. What it gives, and throws, is that of the work. */
  around<R>(operation: Operation, work: (watched: Watched) => Promise<R>): Promise<R>
  /** Hears of something that happened. */
  noted(note: Note): void
}

/** Something that takes time and may fail. */
export type Operation = CommandSeen | AppendSeen | HandlingSeen

/** A command with all its attempts; a decision, or a unit of work. */
export interface CommandSeen {
  readonly kind: 'command'
  /** As the aggregate calls it; `decide` or `together` where it is of no aggregate. */
  readonly name: string
  /** What it is on; `undefined` where it is of no aggregate. */
  readonly stream: StreamName | undefined
  readonly tenant: string
  /** The W3C trace context that it is to belong to, where the caller or its cause gave one. */
  readonly traceparent: string | undefined
}

/** An append, from when it is asked for until it is durable. */
export interface AppendSeen {
  readonly kind: 'append'
  readonly append: Append
}

/**
 * What a processor does with events: a subscription with one, a view or a projection with a page of them. `rebuild`: with a version
 * that is being built, of events that may be old.
 */
export interface HandlingSeen {
  readonly kind: 'handle' | 'rebuild'
  readonly processor: ProcessorName & { readonly kind: ProcessorKind }
  /** In the order of their positions, at least one. */
  readonly events: readonly Event[]
}

/** What work is given by who watches it. */
export interface Watched {
  /** The W3C trace context of it, to be recorded with what it leads to. */
  readonly traceparent: string | undefined
  /** Hears that it is done again because of a conflict. */
  again(): void
}

/** Something that happened. */
export type Note = StoreNote | LeaseNote

/** What only a store knows. `batch`: appends were written together. `busy`: others hold what these appends need, and they wait. */
export interface StoreNote {
  readonly kind: 'batch' | 'busy'
  readonly appends: number
}

/** A lease of a processor changed hands: this process took it, gave it back, or lost it to another. */
export interface LeaseNote {
  readonly kind: 'lease'
  readonly change: 'claimed' | 'released' | 'lost'
  readonly processor: ProcessorName
}
