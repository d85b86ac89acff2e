import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { answer, type Answer } from './answer.ts'
import { conditions } from './conditions.ts'
import { measure } from './measure.ts'
import { questions } from './questions.ts'
import { report, section } from './report.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    ms: { type: 'string', default: '400' },
    /** Only the questions with this in their title; nothing is written to results/ then. */
    only: { type: 'string', default: '' },
    /** Where the databases go; it should be on a disk. */
    folder: { type: 'string', default: tmpdir() },
  },
})
const pace = { rounds: Number(values.rounds), milliseconds: Number(values.ms) }
const folder = await mkdtemp(join(values.folder, 'annals-bench-'))
try {
  const taken = conditions(pace, folder)
  const answers: Answer[] = []
  for (const question of questions.filter(({ title }) => title.includes(values.only))) {
    const answered = answer(question, await measure(question, pace, folder))
    answers.push(answered)
    console.log(`${section(answered)}\n`)
  }
  if (values.only === '') {
    const results = new URL('../results/', import.meta.url)
    await mkdir(results, { recursive: true })
    const json = JSON.stringify({ conditions: taken, answers }, null, 2)
    await writeFile(new URL('latest.json', results), `${json}\n`)
    await writeFile(new URL('latest.md', results), report(taken, answers))
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
