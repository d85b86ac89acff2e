import pg from 'pg'
import { postgres } from '../src/adapters/postgres/index.ts'
import type { StorePlace } from '../src/testing/contracts/store/scene.ts'

/** The server that the tests talk to; `scripts/services` starts it. */
const serverUrl = 'postgres://postgres@127.0.0.1:5432/test'

let made = 0

/** A schema name that nobody has. */
function newSchema(): string {
  return `t${process.pid}_${Date.now().toString(36)}_${made++}`
}

/** A place in a schema of its own, which several stores may open, each with a pool or all on one. */
export async function inSchema(): Promise<StorePlace> {
  const schema = newSchema()
  const pool = new pg.Pool({ connectionString: serverUrl, max: 20 })
  const callers: pg.PoolClient[] = []
  return {
    open: (options) => postgres(pool, { schema, ...options }),
    begin: async () => {
      const client = await pool.connect()
      callers.push(client)
      await client.query('begin')
      return {
        tx: client as never, // the contract hands it back to the stores that `open` made
        commit: async () => void (await client.query('commit')),
        rollback: async () => void (await client.query('rollback')),
      }
    },
    shared: true,
    cycles: 200,
    async remove() {
      for (const client of callers) client.release(true)
      await pool.query(`drop schema if exists "${schema}" cascade`)
      await pool.end()
    },
  }
}
