import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { answer, type Answer } from './answer.ts'
import { conditions } from './conditions.ts'
import { measure } from './measure.ts'
import { serverConditions, type ServerConditions } from './postgres-conditions.ts'
import { dropDatabase } from './postgres-server.ts'
import { questionsAt } from './questions.ts'
import { report, section, type Run } from './report.ts'
import { fullScale, largeScale } from './scale.ts'
import { summary, withResults } from './summary.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    ms: { type: 'string', default: '90' },
    /** Only the questions with this in their title; nothing is written then. */
    only: { type: 'string', default: '' },
    /** Where the databases go; it should be on a disk. */
    folder: { type: 'string', default: tmpdir() },
    /** Appends to stores of a million events and more, too. */
    large: { type: 'boolean', default: false },
    /** Measures nothing: writes the pages again, of the latest results. */
    render: { type: 'boolean', default: false },
  },
})

const results = new URL('../results/', import.meta.url)
const latest = new URL('latest.json', results)
const page = new URL('../../docs/benchmarks.md', import.meta.url)

if (values.render)
  // a run wrote it
  await write(JSON.parse(await readFile(latest, 'utf8')) as Run)
else {
  const run = await ask()
  if (values.only === '') {
    await mkdir(results, { recursive: true })
    await writeFile(latest, `${JSON.stringify(run, null, 2)}\n`)
    await write(run)
  }
}

async function ask(): Promise<Run> {
  const pace = { rounds: Number(values.rounds), milliseconds: Number(values.ms) }
  const all = questionsAt(values.large ? largeScale : fullScale)
  const asked = all.filter(({ title }) => title.includes(values.only))
  const folder = await mkdtemp(join(values.folder, 'annals-bench-'))
  try {
    const postgres = asked.some(({ onServer }) => onServer) ? await server() : undefined
    const taken = { ...conditions(pace, folder), ...(postgres && { postgres }) }
    const answers: Answer[] = []
    for (const question of asked.filter(({ onServer }) => postgres || !onServer)) {
      const answered = answer(question, await measure(question, pace, folder))
      answers.push(answered)
      console.log(`${section(answered)}\n`)
    }
    return { conditions: taken, answers }
  } finally {
    await dropDatabase()
    await rm(folder, { recursive: true, force: true })
  }
}

async function server(): Promise<ServerConditions | undefined> {
  const found = await serverConditions()
  if (typeof found !== 'string') return found
  console.error(
    `${found}; the questions on PostgreSQL are left out (ANNALS_BENCH_POSTGRES names a server)\n`,
  )
  return undefined
}

async function write(run: Run): Promise<void> {
  await writeFile(new URL('latest.md', results), report(run))
  await writeFile(page, withResults(await readFile(page, 'utf8'), summary(run)))
}
