// A process of its own: it works on what the process that started it has made, and answers a shift with its work.
import { annalsRegistrar } from './annals-enrolments.ts'
import { annalsJournal } from './annals-postgres.ts'
import { serve, givenTask } from './child.ts'
import { dcbRegistrar } from './dcb-enrolments.ts'
import { enrolling, type Asked } from './enrolments.ts'
import type { Where } from './postgres-server.ts'
import type { Subject } from './question.ts'
import { work, type Shift } from './work.ts'

/** What a process does. */
export type Task = AppendingTask | EnrollingTask

interface AppendingTask {
  readonly does: 'append'
  readonly where: Where
  /** What the names of its streams begin with. */
  readonly prefix: string
}

interface EnrollingTask {
  readonly does: Asked
  readonly where: Where
  readonly registrar: string
  readonly first: number
  readonly each: number
}

// whoever starts it gives it a task, and then shifts
const subject = await subjectOf(givenTask() as Task)
serve(
  (shift) => work(subject, shift as Shift),
  () => subject.close(),
)

async function subjectOf(task: Task): Promise<Subject> {
  if (task.does === 'append') {
    const journal = await annalsJournal.open(task.where)
    let n = 0
    return {
      step: () => journal.append(`${task.prefix}-${n++}`, 0, 1),
      close: () => journal.close(),
    }
  }
  const kind = [annalsRegistrar, dcbRegistrar].find(({ name }) => name === task.registrar)
  if (!kind) throw new Error(`there is no registrar ${task.registrar}`)
  const registrar = await kind.open(task.where)
  return { step: enrolling(registrar, task.does, task), close: () => registrar.close() }
}
