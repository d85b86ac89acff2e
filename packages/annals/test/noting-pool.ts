import type pg from 'pg'
import type { PgPool } from '../src/adapters/postgres/index.ts'

/** A pool, with a note of the text of each statement that is sent on it. */
export function notingPool(pool: pg.Pool, note: (text: string) => void): PgPool {
  return new Proxy<PgPool>(pool, {
    get(target, name) {
      if (name !== 'connect') return Reflect.get(target, name, target) as unknown
      return async () => noting(await target.connect(), note)
    },
  })
}

function noting<Client extends object>(client: Client, note: (text: string) => void): Client {
  return new Proxy(client, {
    get(lent, method) {
      const value: unknown = Reflect.get(lent, method, lent)
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        const [query] = args
        if (method === 'query') note((query as { text?: string }).text ?? String(query))
        return value.apply(lent, args) as unknown
      }
    },
  })
}
