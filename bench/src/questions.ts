import type { Question } from './question.ts'
import { appendOnMemory } from './questions/append-on-memory.ts'
import { appendOnSqlite } from './questions/append-on-sqlite.ts'
import { commandOnMemory } from './questions/command-on-memory.ts'
import { commandOnSqlite } from './questions/command-on-sqlite.ts'
import { load } from './questions/load.ts'

/** Everything that is measured. */
export const questions: readonly Question[] = [
  ...commandOnMemory,
  ...commandOnSqlite,
  ...appendOnMemory,
  ...appendOnSqlite,
  ...load,
]
