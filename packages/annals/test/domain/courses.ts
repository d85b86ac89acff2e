import { decision, events, fold, reject } from 'annals'
import { z } from 'zod'

export const CourseEvents = events(
  {
    CourseOpened: z.object({ course: z.string(), seats: z.int() }),
    StudentEnrolled: z.object({ course: z.string(), student: z.string() }),
  },
  { tags: ['course', 'student'] },
)

const Seats = fold(CourseEvents, {
  initial: { left: 0 },
  CourseOpened: (_, { seats }) => ({ left: seats }),
  StudentEnrolled: ({ left }) => ({ left: left - 1 }),
})

const Load = fold(CourseEvents, {
  initial: { courses: 0 },
  StudentEnrolled: ({ courses }) => ({ courses: courses + 1 }),
})

export const openCourse = decision(
  (course: string, _seats: number) => ({ seats: Seats.where({ course }) }),
  ({ seats }, course, wanted) => {
    if (seats.left > 0) reject('the course is open')
    return CourseEvents.CourseOpened({ course, seats: wanted })
  },
)

export const enrol = decision(
  (course: string, student: string) => ({
    seats: Seats.where({ course }),
    load: Load.where({ student }),
  }),
  ({ seats, load }, course, student) => {
    if (seats.left === 0) reject('the course is full')
    if (load.courses === 3) reject('the student is busy')
    return CourseEvents.StudentEnrolled({ course, student })
  },
)
