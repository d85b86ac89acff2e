import { serve } from '@hono/node-server'
import { AnnalsError } from 'annals'
import { postgres } from 'annals/postgres'
import { sqlite } from 'annals/sqlite'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { shopOverHttp } from './http.ts'
import { openShop } from './shop.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '3000' },
    file: { type: 'string', default: 'orders.db' },
    schema: { type: 'string', default: 'orders' },
  },
})
const { DATABASE_URL: url } = process.env
const shop = url
  ? openShop(postgres(url, { schema: values.schema }))
  : openShop(sqlite(values.file))
const stop = new AbortController()

try {
  await shop.start()
  const { fetch } = shopOverHttp(shop, { stop: stop.signal, heartbeat: 15_000 })
  const server = serve({ fetch, hostname: '127.0.0.1', port: Number(values.port) })
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : address
  console.log(`The page is at http://127.0.0.1:${port}/`)
  console.log(`Orders are kept in ${url ? `PostgreSQL, schema ${values.schema}` : values.file}`)
  await asked('SIGINT', 'SIGTERM')
  stop.abort() // streams of events end
  server.close() // no new request is taken, and those that are being answered are finished
  await once(server, 'close')
} catch (error) {
  console.error(explained(error))
  process.exitCode = 1
} finally {
  await shop.close()
}

/** Waits for a signal; the second one ends the process at once. */
async function asked(...signals: readonly NodeJS.Signals[]) {
  await Promise.race(signals.map((signal) => once(process, signal)))
}

/** What went wrong, for people. What nobody expected has its stack. */
function explained(error: unknown) {
  if (error instanceof AnnalsError) return `${error.message} (${error.code})`
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
    return `Port ${values.port} is taken; name another one with -- --port 3001`
  return error
}
