import { misuse } from '../../../core/errors.ts'
import type { Connection, DriverRow } from '../database.ts'
import { hasMethods } from './methods.ts'
import { ormTransaction, textRows, type OrmTransaction } from './orm-transaction.ts'
import { inSavepoint } from './savepoint.ts'

/** A query of Kysely that is compiled already, as its `CompiledQuery.raw` makes it. */
export interface KyselyQuery {
  readonly sql: string
  readonly parameters: readonly unknown[]
  readonly query: {
    readonly kind: 'RawNode'
    readonly sqlFragments: readonly string[]
    readonly parameters: readonly never[]
  }
  readonly queryId: { readonly queryId: string }
}

/** A `Transaction` of Kysely, as far as it is used here. */
export interface KyselyTransaction {
  readonly isTransaction: true
  withoutPlugins(): KyselyTransaction
  executeQuery(query: KyselyQuery): Promise<{ readonly rows: readonly unknown[] }>
}

/**
 * A transaction of Kysely, for what is appended in it together with what Kysely writes:
 * `app.with({ tx: kyselyTx(trx) })`. Plugins of it do not see what goes through here.
 */
export function kyselyTx(trx: KyselyTransaction): OrmTransaction {
  if (!hasMethods(trx, ['executeQuery', 'withoutPlugins']) || !trx.isTransaction)
    misuse(
      'kyselyTx takes the transaction that Kysely gives to the callback of db.transaction().execute()',
    )
  return ormTransaction('Kysely', connectionOf(trx.withoutPlugins()))
}

function connectionOf(trx: KyselyTransaction): Connection {
  const connection: Connection = {
    rows: async ({ text, values }) => textRows(await execute(trx, text, values)),
    run: async (script) => void (await execute(trx, script)),
    query: (text, values) => execute(trx, text, values),
    savepoint: (work) => inSavepoint(connection, () => work(connection)),
  }
  return connection
}

let sent = 0

async function execute(
  trx: KyselyTransaction,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<readonly DriverRow[]> {
  const { rows } = await trx.executeQuery({
    sql,
    parameters,
    query: { kind: 'RawNode', sqlFragments: [sql], parameters: [] },
    queryId: { queryId: `annals-${sent++}` },
  })
  // of a script it gives no rows
  return (rows as readonly DriverRow[] | undefined) ?? []
}
