import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answer } from './answer.ts'
import { measure } from './measure.ts'
import { dropDatabase } from './postgres-server.ts'
import { questionsAt } from './questions.ts'
import { section } from './report.ts'
import { smallScale } from './scale.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annals-bench-test-'))
})
afterAll(async () => {
  await dropDatabase()
  await rm(folder, { recursive: true, force: true })
})

describe('every question has an answer', () => {
  test.each(questionsAt(smallScale))('$title', async (question) => {
    const pace = { rounds: 1, milliseconds: 10, warmUps: 0 }
    const answered = answer(question, await measure(question, pace, folder))
    expect(answered.standings.flatMap(({ failure }) => failure ?? [])).toEqual([])
    expect(Math.min(...answered.standings.map(({ median }) => median))).toBeGreaterThan(0)
    expect(section(answered)).toContain(`## ${question.title}`)
  })
})
