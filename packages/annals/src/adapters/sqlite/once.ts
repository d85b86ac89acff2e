import { refuseRepeated } from '../../store/refusals.ts'
import type { Once, OnceKey, Position, Remembered } from '../../store/store.ts'
import type { Connection } from './connection.ts'

const rememberedKey = `
  select fingerprint, version, events, position
  from annals_once
  where tenant = ? and category = ? and stream_id = ? and key = ? and at > ?`

const rememberKey = `
  insert or replace into annals_once
    (tenant, category, stream_id, key, fingerprint, version, events, position, at)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?)`

const forgetKeys = `
  delete from annals_once
  where (tenant, category, stream_id, key) in (
    select tenant, category, stream_id, key
    from annals_once
    where at <= ?
    order by at
    limit ?
  )`

/** The `once` keys of a database as they are at one time. */
export class OnceKeys {
  readonly #connection: Connection
  readonly #now: number
  readonly #expired: number

  constructor(connection: Connection, now: number, keep: number) {
    this.#connection = connection
    this.#now = now
    this.#expired = now - keep
  }

  remembered(tenant: string, { stream, key }: OnceKey): Remembered | undefined {
    const row = this.#connection.row<[string, number, number, number]>(
      rememberedKey,
      tenant,
      stream.category,
      stream.id,
      key,
      this.#expired,
    )
    if (!row) return undefined
    const [fingerprint, version, events, position] = row
    return { fingerprint, version, events, position }
  }

  refuseKnown(tenant: string, once: Once): void {
    const known = this.remembered(tenant, once)
    if (known) refuseRepeated(once, known)
  }

  remember(tenant: string, once: Once, position: Position): void {
    const { stream, key, fingerprint, version, events } = once
    const { category, id } = stream
    this.#connection.run(
      rememberKey,
      tenant,
      category,
      id,
      key,
      fingerprint,
      version,
      events,
      position,
      this.#now,
    )
  }

  /** Takes away some keys that are past their time: a little with each append, never all at once. */
  forgetExpired(most: number): void {
    this.#connection.run(forgetKeys, this.#expired, most)
  }
}
