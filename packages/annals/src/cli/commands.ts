import type { Command } from './command.ts'
import { diff } from './commands/diff.ts'
import { drop } from './commands/drop.ts'
import { health } from './commands/health.ts'
import { migrate } from './commands/migrate.ts'
import { parkedDiscard } from './commands/parked-discard.ts'
import { parkedList } from './commands/parked-list.ts'
import { parkedRetry } from './commands/parked-retry.ts'
import { parkedShow } from './commands/parked-show.ts'
import { pause } from './commands/pause.ts'
import { read } from './commands/read.ts'
import { rebuild } from './commands/rebuild.ts'
import { resume } from './commands/resume.ts'
import { run } from './commands/run.ts'
import { show } from './commands/show.ts'
import { status } from './commands/status.ts'
import { tail } from './commands/tail.ts'
import { versions } from './commands/versions.ts'
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
  rebuild,
  versions,
  diff,
  drop,
  migrate,
  read,
  tail,
  show,
  why,
  run,
]
