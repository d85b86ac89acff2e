import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answer } from './answer.ts'
import { measure } from './measure.ts'
import type { Contender, Question } from './question.ts'
import { questions } from './questions.ts'
import { section } from './report.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annals-bench-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('every question has an answer', () => {
  test.each(questions)('$title', async (question) => {
    const asked = { ...question, contenders: question.contenders.filter(isQuick(question)) }
    const pace = { rounds: 1, milliseconds: 10, warmUps: 0 }
    const answered = answer(asked, await measure(asked, pace, folder))
    expect(answered.standings.flatMap(({ failure }) => failure ?? [])).toEqual([])
    expect(Math.min(...answered.standings.map(({ median }) => median))).toBeGreaterThan(0)
    expect(section(answered)).toContain(`## ${question.title}`)
  })
})

// with many callers it waits seconds for its own locks, and then fails
function isQuick({ callers = 1 }: Question): (contender: Contender) => boolean {
  return ({ name }) => callers === 1 || name !== 'Emmett SQLite'
}
