import { Presets, SingleBar } from 'cli-progress'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import pg from 'pg'
import type { House } from './house.ts'

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'postgres://postgres@127.0.0.1:5432/test' },
    seats: { type: 'string', default: '2000' },
    tills: { type: 'string', default: '4' },
  },
})
const house: House = {
  url: values.url,
  schema: `box_office_${process.pid}`,
  seats: Number(values.seats),
}

type Message =
  | { readonly kind: 'sold'; readonly seats: number }
  | {
      readonly kind: 'full'
      readonly twice: readonly string[]
      readonly cents: number
      readonly tills: readonly number[]
    }
  | { readonly kind: 'closed'; readonly sold: number }

const bar = new SingleBar(
  { format: '{bar} {value} of {total} seats on the board', gracefulExit: false },
  Presets.shades_classic,
)
bar.start(house.seats, 0)
const began = performance.now()
const tillTotals: number[] = []
let board: Extract<Message, { kind: 'full' }> | undefined

const processes = [
  started('board.ts'),
  ...Array.from({ length: Number(values.tills) }, () => started('till.ts')),
]
try {
  await Promise.all(processes.map(finished))
} finally {
  bar.stop()
  for (const one of processes) one.kill()
  await dropSchema()
}
report()

function started(script: string) {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const child = fork(path, [JSON.stringify(house)], {
    execArgv: ['--conditions=annals-source'],
  })
  child.on('message', (message) => hear(message as Message)) // of the scripts beside this one
  return child
}

async function finished(child: ChildProcess) {
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`a process ended with ${code}; what it said is above`)
}

function hear(message: Message) {
  if (message.kind === 'sold') bar.update(message.seats)
  if (message.kind === 'closed') tillTotals.push(message.sold)
  if (message.kind === 'full') board = message
}

async function dropSchema() {
  const client = new pg.Client(house.url)
  await client.connect()
  await client.query(`drop schema if exists "${house.schema}" cascade`)
  await client.end()
}

function report() {
  const sold = tillTotals.reduce((sum, one) => sum + one, 0)
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(
    `${tillTotals.length} tills sold ${tillTotals.join(' + ')} = ${sold} seats in ${seconds} s`,
  )
  console.log(
    `the board saw ${house.seats} seats, ${board?.twice.length} of them twice, and ${(board?.cents ?? 0) / 100} EUR`,
  )
  const kept = board?.tills.reduce((sum, one) => sum + one, 0)
  console.log(`the view of takings has ${board?.tills.length} tills with ${kept} seats`)
  if (sold !== house.seats || kept !== house.seats || board?.twice.length !== 0)
    process.exitCode = 1
}
