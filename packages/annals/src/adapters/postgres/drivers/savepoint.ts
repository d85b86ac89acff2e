import type { Connection } from '../database.ts'

/** What a savepoint is made with. */
type Runner = Pick<Connection, 'run'>

/** Runs work in a savepoint, by statements; for drivers that have no way of their own. */
export async function inSavepoint<Result>(
  connection: Runner,
  work: () => Promise<Result>,
): Promise<Result> {
  await connection.run('savepoint annals')
  try {
    const result = await work()
    await connection.run('release annals')
    return result
  } catch (error) {
    await rollBack(connection).catch(() => undefined) // the first error says more than this one would
    throw error
  }
}

async function rollBack(connection: Runner): Promise<void> {
  await connection.run('rollback to annals')
  await connection.run('release annals')
}
