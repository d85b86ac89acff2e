import type { SqliteDatabase } from '../../src/adapters/sqlite/index.ts'
import { omit } from './ways.ts'
import type { Mutate } from './ways.ts'

/** What goes wrong with transactions of the caller; of SQLite stores. */
export const transactions: Readonly<Record<string, Mutate>> = {
  'appends beside the transaction of the caller': (store) => ({
    append: (append) => store.append(append),
  }),
  'commits the transaction of the caller': (store) => ({
    async append(append, options = {}) {
      const appended = await store.append(append, options)
      execute(options.tx, 'commit; begin immediate')
      return appended
    },
  }),
  'rolls the transaction of the caller back when it refuses': (store) => ({
    append: (append, options = {}) =>
      store.append(append, options).catch((error: unknown) => {
        execute(options.tx, 'rollback; begin immediate')
        throw error
      }),
  }),
  'reads beside the transaction of the caller': (store) => ({
    read: (query, options = {}) => store.read(query, omit(options, 'tx')),
  }),
  'passes what is not committed yet': (store) => ({
    async append(append, options) {
      const appended = await store.append(append, options)
      if (options?.tx) uncommitted = appended.position
      return appended
    },
    read: (query, { after = 0, ...options } = {}) =>
      store.read(query, { ...options, after: after > 0 ? Math.max(after, uncommitted) : 0 }),
  }),
}

let uncommitted = 0

function execute(tx: SqliteDatabase | undefined, sql: string): void {
  tx?.exec(sql)
}
