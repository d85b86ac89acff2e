import type { Question } from './question.ts'
import { appendOnMemory } from './questions/append-on-memory.ts'
import { appendOnPostgres } from './questions/append-on-postgres.ts'
import { appendOnSqlite } from './questions/append-on-sqlite.ts'
import { appendTraced } from './questions/append-traced.ts'
import { catchUpOnPostgres } from './questions/catch-up-on-postgres.ts'
import { catchUpOnSqlite } from './questions/catch-up-on-sqlite.ts'
import { commandOnMemory } from './questions/command-on-memory.ts'
import { commandOnSqlite } from './questions/command-on-sqlite.ts'
import { decideOnPostgres } from './questions/decide-on-postgres.ts'
import { followOnPostgres } from './questions/follow-on-postgres.ts'
import { inlineOnPostgres } from './questions/inline-on-postgres.ts'
import { liveViewOnPostgres } from './questions/live-view-on-postgres.ts'
import { load } from './questions/load.ts'
import { openTransactionOnPostgres } from './questions/open-transaction-on-postgres.ts'
import { processesOnPostgres } from './questions/processes-on-postgres.ts'
import { readOnPostgres } from './questions/read-on-postgres.ts'
import { storedOnPostgres } from './questions/stored-on-postgres.ts'
import { rebuilds } from './questions/rebuild.ts'
import type { Scale } from './scale.ts'

/** Everything that is measured. */
export function questionsAt(scale: Scale): readonly Question[] {
  return [
    ...commandOnMemory,
    ...commandOnSqlite,
    ...appendOnMemory,
    ...appendOnSqlite,
    ...catchUpOnSqlite(scale),
    ...appendTraced,
    ...appendOnPostgres(scale),
    ...load,
    ...inlineOnPostgres(scale),
    ...processesOnPostgres,
    ...openTransactionOnPostgres,
    ...storedOnPostgres(scale),
    ...decideOnPostgres(scale),
    ...followOnPostgres,
    ...liveViewOnPostgres,
    ...readOnPostgres(scale),
    ...catchUpOnPostgres(scale),
    ...rebuilds(scale),
  ]
}
