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

const Rooms = events({ RoomBooked: z.object({ room: z.number() }) }, { tags: ['room'] })
const People = events(
  { GuestInvited: z.object({ guest: z.string() }) },
  { tags: ['guest'], renamed: { GuestAsked: 'GuestInvited' } },
)
const Booked = fold(Rooms, { initial: 0, RoomBooked: (count) => count + 1 })
const Invited = fold(People, { initial: 0, GuestInvited: (count) => count + 1 })
const book = decision(
  (room: number, guest: string) => ({
    booked: Booked.where({ room }),
    invited: Invited.where({ guest }),
  }),
  ({ booked, invited }, room, guest) => {
    if (booked > 0) reject('the room is taken')
    if (invited > 1) reject('the guest is everywhere')
    return [Rooms.RoomBooked({ room }), People.GuestInvited({ guest })]
  },
)

test('a boundary may be of several sets, by numbers too, under the old names of events', async () => {
  const store = memory()
  await using app = annals({ store })
  await app.decide(book, 1, 'ann')
  await expect(app.decide(book, 1, 'bob')).rejects.toMatchObject({ reason: 'the room is taken' })
  const old = {
    id: '00000000-0000-7000-8000-000000000001',
    stream: { category: 'fact', id: 'old' },
    type: 'GuestAsked',
    schemaVersion: 1,
    data: '{"guest":"ann"}',
    metadata: '{}',
    tags: ['guest:ann'],
  }
  await store.append({ tenant: '', drafts: [old] })
  await expect(app.decide(book, 2, 'ann')).rejects.toMatchObject({
    reason: 'the guest is everywhere',
  })
})

test('parts that mean different things by one name are refused', async () => {
  const Others = events({ RoomBooked: z.object({}) })
  const mixed = decision(
    () => ({ booked: Booked.where({ room: 1 }), other: fold(Others, { initial: 0 }).where({}) }),
    () => {},
  )
  const Gone = events({ RoomLost: z.object({}) }, { retired: ['RoomBooked'] })
  const retired = decision(
    () => ({ booked: Booked.where({ room: 1 }), gone: fold(Gone, { initial: 0 }).where({}) }),
    () => {},
  )
  await using app = annals({ store: memory() })
  await expect(app.decide(mixed)).rejects.toThrow('event RoomBooked is declared twice')
  await expect(app.decide(retired)).rejects.toThrow('event RoomBooked is retired in the set of')
})

test('a part of a boundary that is no slice is refused, with what to write', async () => {
  const whole = decision(
    // @ts-expect-error a fold without its tags
    () => ({ booked: Booked }),
    () => {},
  )
  await using app = annals({ store: memory() })
  await expect(app.decide(whole as never)).rejects.toThrow('the part booked of the boundary')
})

test('a tag without a value, or that no event has, widens no boundary: it is refused', () => {
  const refused = expect.objectContaining({ code: 'ANNALS_OPTION' }) as Error
  expect(() => Booked.where({ room: undefined as never })).toThrow(refused)
  // @ts-expect-error misspelt
  expect(() => Booked.where({ rom: 1 })).toThrow(refused)
})
