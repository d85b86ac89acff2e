import {
  annals,
  decision,
  events,
  fold,
  type Draft,
  type EventStore,
  type Filter,
  type Position,
} from 'annals'
import { z } from 'zod'
import { fillLog } from './annals-fill.ts'
import { postgres } from 'annals/postgres'
import { v7 } from 'uuid'
import { metadata } from './drafts.ts'
import { enrolmentOf, type Pair, type RegistrarKind } from './enrolments.ts'

const Enrolments = events(
  {
    StudentEnrolled: z.object({
      course: z.string(),
      student: z.string(),
      price: z.number(),
      note: z.string(),
    }),
  },
  { tags: ['course', 'student'] },
)

const Count = fold(Enrolments, { initial: 0, StudentEnrolled: (count) => count + 1 })

const enrol = decision(
  ({ course, student }: Pair) => ({
    places: Count.where({ course }),
    load: Count.where({ student }),
  }),
  (_, pair) => Enrolments.StudentEnrolled(enrolmentOf(pair)),
)

const types = ['StudentEnrolled']

/** Annals at its port. */
export const annalsRegistrar: RegistrarKind = {
  name: 'Annals',
  open: async ({ url, schema }) => {
    const store = postgres(url, { schema })
    const { epoch, position } = await store.settled()
    return {
      enrol: (pair, back) => {
        const after = { epoch, position: back === 'everything' ? 0 : position, seen: [] }
        const filters = [{ types, tags: [courseTag(pair), studentTag(pair)] }]
        return store.append({
          tenant: '',
          drafts: [draftOf(pair)],
          guard: { decision: { filters, after } },
        })
      },
      decide: (pair) => decideAtPort(store, pair),
      close: () => store.close(),
    }
  },
  fill: fillLog,
}

/** Annals as users have it: a decision with two folds, checked by zod. */
export const annalsDecisions: RegistrarKind = {
  name: 'Annals, a decision',
  open: async ({ url, schema }) => {
    const app = annals({ store: postgres(url, { schema }) })
    const decide = (pair: Pair) => app.decide(enrol, pair)
    await Array.fromAsync(app.read(Enrolments, { tags: { course: 'none' } })) // opened, with its tables
    return { decide, enrol: decide, close: () => app.close() }
  },
  fill: fillLog,
}

async function decideAtPort(store: EventStore, pair: Pair): Promise<unknown> {
  const filters: readonly Filter[] = [
    { types, tags: [courseTag(pair)] },
    { types, tags: [studentTag(pair)] },
  ]
  const settled = await store.settled()
  const seen: Position[] = []
  for await (const page of store.read({ tenant: '', filters }, { unsettled: true }))
    for (const { position, data } of page) {
      JSON.parse(data)
      if (position > settled.position) seen.push(position)
    }
  const guard = { decision: { filters, after: { ...settled, seen } } }
  return store.append({ tenant: '', drafts: [draftOf(pair)], guard })
}

function draftOf(pair: Pair): Draft {
  const id = v7()
  return {
    id,
    // as the library keeps what a decision adds
    stream: { category: 'fact', id },
    type: 'StudentEnrolled',
    schemaVersion: 1,
    data: JSON.stringify(enrolmentOf(pair)),
    metadata: JSON.stringify(metadata),
    tags: [courseTag(pair), studentTag(pair)],
  }
}

function courseTag({ course }: Pair): string {
  return `course:${course}`
}

function studentTag({ student }: Pair): string {
  return `student:${student}`
}
