import { setTimeout as delay } from 'node:timers/promises'
import { Cluster } from './cluster.ts'
import { Proxy } from './proxy.ts'

/** A primary and its standby behind one address, which leads to the primary. */
export class Pair implements AsyncDisposable {
  readonly #proxy: Proxy
  #primary: Cluster
  #standby: Cluster | undefined

  private constructor(proxy: Proxy, primary: Cluster, standby: Cluster) {
    this.#proxy = proxy
    this.#primary = primary
    this.#standby = standby
  }

  static async make(): Promise<Pair> {
    const primary = await Cluster.make()
    const standby = await primary.standby()
    return new Pair(await Proxy.before(primary.port), primary, standby)
  }

  /** The address of a database, at whichever is the primary. */
  url(database = 'postgres'): string {
    return this.#proxy.url(database)
  }

  /** The one that follows the primary. */
  get standby(): Cluster {
    if (!this.#standby) throw new Error('the standby was promoted, and there is no other')
    return this.#standby
  }

  /** From now on, what is acknowledged is on both. */
  async acknowledgeOnBoth(): Promise<void> {
    await this.#primary.query(`alter system set synchronous_standby_names = '*'`)
    await this.#primary.query('select pg_reload_conf()')
  }

  /** Brings the standby to where the primary is, and leaves it there: what comes later is on the primary alone. */
  async part(): Promise<void> {
    const [now] = await this.#primary.query('select pg_current_wal_flush_lsn()::text as place')
    await until(this.standby, `pg_last_wal_replay_lsn() >= '${String(now?.['place'])}'`)
    await this.standby.query(`alter system set primary_conninfo = ''`)
    await this.standby.query('select pg_reload_conf()')
    await until(this.standby, 'not exists (select from pg_stat_wal_receiver)')
  }

  /** The primary is lost, and the standby takes its place. */
  async failOver(): Promise<void> {
    const { standby } = this
    await this.#primary.stop('immediate')
    await standby.promote()
    this.#proxy.lead(standby.port)
    await this.#primary[Symbol.asyncDispose]()
    this.#primary = standby
    this.#standby = undefined
  }

  /** Gives the primary a standby where it has none. */
  async complete(): Promise<void> {
    this.#standby ??= await this.#primary.standby()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy[Symbol.asyncDispose]()
    await this.#primary[Symbol.asyncDispose]()
    await this.#standby?.[Symbol.asyncDispose]()
  }
}

/** Waits until a condition holds on a server. */
async function until(cluster: Cluster, condition: string): Promise<void> {
  for (;;) {
    const [row] = await cluster.query(`select ${condition} as holds`)
    if (row?.['holds'] === true) return
    await delay(10)
  }
}
