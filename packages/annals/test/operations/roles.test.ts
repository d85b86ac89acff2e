import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { annals, fold, view, type App } from 'annals'
import { migrate, rebuild, status, unbuilt } from 'annals/operations'
import { postgres, projection } from 'annals/postgres'
import pg from 'pg'
import { expect, test } from 'vitest'
import { Account, AccountEvents, AccountState } from '../domain/bank.ts'
import { newSchema, serverUrl } from '../postgres-place.ts'

const Balances = view('balances', AccountState)
const Next = view('balances', AccountState, { version: 2 })
const Counts = view('counts', fold(AccountEvents, { initial: {} }))

function totals(version: number) {
  return projection('totals', AccountEvents, {
    version,
    setup: (tx, { table }) => tx.query(`create table ${table('totals')} (id text)`),
    MoneyDeposited: ({ stream }, { tx, table }) =>
      tx.query(`insert into ${table('totals')} values ($1)`, [stream.id]),
  })
}

const page = readFileSync(
  resolve(import.meta.dirname, '../../../../docs/operating/deploying.md'),
  'utf8',
)
/** What the page on deploying gives to the role of a program, and what it gives besides where that makes tables. */
const [rights = '', creating = ''] = [...page.matchAll(/^```sql\n([^]*?)^```$/gm)].map(
  ([, sql]) => sql,
)

/** A schema that one role owns, and the role of a program, which has the rights that the page gives it. */
interface Database extends AsyncDisposable {
  /** The pool of the role that owns the schema. */
  readonly owner: pg.Pool
  /** The pool of the program. */
  readonly program: pg.Pool
  readonly schema: string
  /** Runs SQL of the page as the owner, for this schema and this role. */
  grant(sql: string): Promise<void>
}

async function migrated(): Promise<Database> {
  const schema = newSchema()
  const role = `role_${schema}`
  const owner = new pg.Pool({ connectionString: serverUrl })
  const program = new pg.Pool({ connectionString: serverUrl, options: `-c role=${role}` })
  const grant = async (sql: string) => {
    const named = sql.replaceAll('schema annals', `schema "${schema}"`)
    await owner.query(named.replaceAll('to program', `to ${role}`))
  }
  await owner.query(`create role ${role}`)
  {
    await using app = annals({ store: postgres(owner, { schema }) })
    await migrate(app)
  }
  await grant(rights)
  return {
    owner,
    program,
    schema,
    grant,
    [Symbol.asyncDispose]: async () => {
      await program.end()
      await owner.query(`drop schema "${schema}" cascade; drop owned by ${role}; drop role ${role}`)
      await owner.end()
    },
  }
}

async function deposited(bank: App): Promise<void> {
  await bank.open(Account, 'a').deposit({ amount: 5 })
  await bank.caughtUp()
}

test('a program that may make tables in the schema makes those of its views and projections', async () => {
  await using database = await migrated()
  const { program, schema } = database
  await database.grant(creating)
  const store = () => postgres(program, { schema, migrate: false })
  {
    await using bank = annals({ store: store(), inline: [Balances], background: [totals(1)] })
    await bank.start()
    await deposited(bank)
  }
  await using bank = annals({ store: store(), background: [Next, totals(2)] })
  await bank.start()
  await deposited(bank)
  expect(await bank.find(Next, 'a')).toMatchObject({ balance: 10 })
  await expect
    .poll(async () => (await status(bank)).processors.map(({ live }) => live), { timeout: 10_000 })
    .toEqual([true, true])
})

test('a program that may not is told so, and follows the views that a job has built', async () => {
  await using database = await migrated()
  const { owner, program, schema } = database
  const followers = { background: [Balances, Counts] }
  await using bank = annals({
    store: postgres(program, { schema, migrate: false }),
    ...followers,
  })
  await expect(bank.start()).rejects.toMatchObject({
    code: 'ANNALS_READ_ONLY',
    message: expect.stringContaining(
      'for the view balances; grant it CREATE on the schema',
    ) as string,
  })
  expect((await status(bank)).processors).toMatchObject([{ state: 'new' }, { state: 'new' }])
  {
    await using job = annals({ store: postgres(owner, { schema, migrate: false }), ...followers })
    for (const processor of await unbuilt(job)) await rebuild(job, processor)
  }
  await bank.start()
  await deposited(bank)
  expect(await bank.find(Balances, 'a')).toMatchObject({ balance: 5 })
})
