import type { Command } from './command.ts'
import { health } from './commands/health.ts'
import { migrate } from './commands/migrate.ts'
import { parkedDiscard } from './commands/parked-discard.ts'
import { parkedList } from './commands/parked-list.ts'
import { parkedRetry } from './commands/parked-retry.ts'
import { parkedShow } from './commands/parked-show.ts'
import { pause } from './commands/pause.ts'
import { read } from './commands/read.ts'
import { resume } from './commands/resume.ts'
import { run } from './commands/run.ts'
import { show } from './commands/show.ts'
import { status } from './commands/status.ts'
import { tail } from './commands/tail.ts'
import { why } from './commands/why.ts'

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  status,
  health,
  parkedList,
  parkedShow,
  parkedRetry,
  parkedDiscard,
  pause,
  resume,
  migrate,
  read,
  tail,
  show,
  why,
  run,
]
