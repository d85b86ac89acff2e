import { memory } from 'annals'
import { postgres } from 'annals/postgres'
import pg from 'pg'
import { openShop } from '../src/shop.ts'

/** The server that the tests talk to; `scripts/services` starts it. */
export const serverUrl = 'postgres://postgres@127.0.0.1:5432/test'

let made = 0

/** A schema that nobody has, and what drops it. */
export function newSchema() {
  const schema = `orders_${process.pid}_${Date.now().toString(36)}_${made++}`
  const remove = async () => {
    const client = new pg.Client(serverUrl)
    await client.connect()
    await client.query(`drop schema if exists "${schema}" cascade`)
    await client.end()
  }
  return { schema, remove }
}

/** A shop that runs, and what closes and removes it. */
async function opened<S extends ReturnType<typeof openShop>>(shop: S, remove = async () => {}) {
  await shop.start()
  const close = async () => {
    await shop.close()
    await remove()
  }
  return { shop, close }
}

/** Where the shop is tested: the same promises hold on each. */
export const places = {
  memory: () => opened(openShop(memory())),
  PostgreSQL: () => {
    const { schema, remove } = newSchema()
    return opened(openShop(postgres(serverUrl, { schema })), remove)
  },
}
