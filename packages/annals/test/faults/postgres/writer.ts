import { argv, exit } from 'node:process'
import pg from 'pg'
import { postgres } from '../../../src/adapters/postgres/index.ts'
import { below, Caller, type Begun, type Ended } from './caller.ts'
import { tell, stopping } from './channel.ts'
import { deeds } from './deeds.ts'
import type { WriterMessage, WriterOptions } from './messages.ts'

// Appends in all the ways that there are until it is told to stop or killed, and tells of each append
// before and after it.

const { url, schema, name, callers, mostOfTag } = JSON.parse(argv[2] ?? '{}') as WriterOptions
const store = postgres(url, { schema })
const pool = new pg.Pool({
  connectionString: url,
  connectionTimeoutMillis: 5_000,
  query_timeout: 10_000,
})
const ignore = () => undefined
pool.on('error', ignore) // an idle connection that ends is replaced
pool.on('connect', (client) => client.on('error', ignore)) // the next statement on it is told
const stop = stopping()

let begun = 0

const means = {
  store,
  pool,
  schema,
  mostOfTag,
  tell: async (what: Begun) => {
    const attempt = ++begun
    await tell({ kind: 'began', attempt, ...what } satisfies WriterMessage)
    return (ended: Ended) => tell({ kind: 'ended', attempt, ...ended } satisfies WriterMessage)
  },
}

async function run(caller: Caller): Promise<void> {
  const all = Object.entries(deeds)
  while (!stop.aborted) await caller.do(...(all[below(all.length)] as (typeof all)[number]))
}

await Promise.all(
  Array.from({ length: callers }, (_, index) => run(new Caller(means, `${name}.${index}`))),
)
await store.close()
await pool.end()
exit(0)
