import type { Progress } from './following.ts'
import type { Begun, Ended } from './caller.ts'

/** What a writing process is started with. */
export interface WriterOptions {
  readonly url: string
  readonly schema: string
  readonly name: string
  readonly callers: number
  readonly mostOfTag: number
}

/** What a following process is started with. */
export interface FollowerOptions {
  readonly url: string
  readonly schema: string
}

/** What a writing process tells, before an append and after it. */
export type WriterMessage =
  | ({ readonly kind: 'began'; readonly attempt: number } & Begun)
  | ({ readonly kind: 'ended'; readonly attempt: number } & Ended)

/** What a following process tells. */
export interface FollowerMessage extends Progress {
  readonly kind: 'saw'
}

/** What a process is told. */
export type Order = 'stop'
