import { randomUUID } from 'node:crypto'
import { argv, exit, stdout } from 'node:process'
import { sqlite } from '../../src/adapters/sqlite/index.ts'
import { ConflictError } from '../../src/core/errors.ts'
import type { Append, Draft, StreamGuard } from '../../src/store/store.ts'

// Appends to a file until it is killed, or for so many rounds. On standard output, a line each:
// `sent` with an append before it goes, `done` with its ids when it was acknowledged.

const [path = '', writer = '', rounds = 'Infinity'] = argv.slice(2)
const store = sqlite(path)
const callers = 4

/** What this program tells the test that started it. */
function tell(word: string, what: unknown): void {
  // a pipe is written to at once: what was told is there when the process is killed after it
  stdout.write(`${word} ${JSON.stringify(what)}\n`)
}

function draft(stream: Draft['stream'], number: number): Draft {
  return {
    id: randomUUID(),
    stream,
    type: 'Written',
    schemaVersion: 1,
    data: JSON.stringify({ writer, number }),
    metadata: '{}',
    tags: [`writer:${writer}`],
  }
}

// three events over a stream that all share and one of the caller's own; every fifth is guarded
function appendOf(caller: number, round: number): Append {
  const shared = { category: 'shared', id: 'all' }
  const own = { category: 'own', id: `${writer}-${caller}` }
  const drafts = [draft(shared, 1), draft(own, 2), draft(shared, 3)]
  const guard: StreamGuard = { ...own, version: round }
  return { tenant: '', drafts, ...(round % 5 === 0 && { guard: { streams: [guard] } }) }
}

async function createRacing(round: number): Promise<void> {
  const stream = { category: 'created', id: String(round) }
  const append: Append = {
    tenant: '',
    drafts: [draft(stream, 0)],
    guard: { streams: [{ ...stream, version: 'none' }] },
  }
  try {
    await store.append(append)
    tell('created', round)
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error
    tell('lost', round)
  }
}

async function write(caller: number): Promise<void> {
  for (let round = 0; round < Number(rounds); round++) {
    const append = appendOf(caller, round)
    tell('sent', append)
    await store.append(append)
    tell(
      'done',
      append.drafts.map(({ id }) => id),
    )
    if (caller === 0) await createRacing(round)
  }
}

await Promise.all(Array.from({ length: callers }, (_, caller) => write(caller)))
await store.close()
exit(0)
