import { annals, decision, events, fold, memory, reject } from 'annals'
import { given } from 'annals/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { CourseEvents, enrol, openCourse } from '../../test/domain/courses.ts'

const opened = CourseEvents.CourseOpened({ course: 'ts', seats: 1 })

test('a decision folds each part of its boundary', () => {
  given(enrol, opened)
    .when('ts', 'ann')
    .emits(CourseEvents.StudentEnrolled({ course: 'ts', student: 'ann' }))
  given(enrol, opened, CourseEvents.StudentEnrolled({ course: 'ts', student: 'bob' }))
    .when('ts', 'ann')
    .rejects('the course is full')
  const busy = ['a', 'b', 'c'].map((course) =>
    CourseEvents.StudentEnrolled({ course, student: 'ann' }),
  )
  given(enrol, opened, ...busy)
    .when('ts', 'ann')
    .rejects('the student is busy')
})

test('of many who enrol at once, as many get in as there are seats', async () => {
  await using app = annals({ store: memory() })
  await app.decide(openCourse, 'ts', 3)
  const students = Array.from({ length: 8 }, (_, index) => `student-${index}`)
  const race = await Promise.allSettled(students.map((student) => app.decide(enrol, 'ts', student)))
  const enrolled = await Array.fromAsync(app.read(CourseEvents, { tags: { course: 'ts' } }))
  expect(enrolled.filter(({ type }) => type === 'StudentEnrolled')).toHaveLength(3)
  expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
})

test('what a decision adds is a stream of its own', async () => {
  await using app = annals({ store: memory() })
  const { events: made, position } = await app.decide(openCourse, 'ts', 3)
  expect(made).toMatchObject([
    { type: 'CourseOpened', version: 1, position, stream: { category: 'fact', id: made[0]?.id } },
  ])
})

test('a decision that decides nothing appends nothing', async () => {
  const nothing = decision(
    () => ({}),
    () => {},
  )
  await using app = annals({ store: memory() })
  expect(await app.decide(nothing)).toEqual({ events: [], position: 0 })
})

test('a unique e-mail address is four lines', async () => {
  const People = events({ EmailTaken: z.object({ email: z.string() }) }, { tags: ['email'] })
  const Taken = fold(People, { initial: false, EmailTaken: () => true })
  const take = decision(
    (email: string) => ({ taken: Taken.where({ email }) }),
    ({ taken }, email) => (taken ? reject('taken') : People.EmailTaken({ email })),
  )
  await using app = annals({ store: memory() })
  const claims = Array.from({ length: 50 }, () => app.decide(take, 'ann@example.com'))
  const won = (await Promise.allSettled(claims)).filter(({ status }) => status === 'fulfilled')
  expect(won).toHaveLength(1)
})
