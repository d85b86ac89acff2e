import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { sqlite } from '../../src/adapters/sqlite/index.ts'
import { StorageError } from '../../src/core/errors.ts'
import type { Append, EventStore, StoredEvent } from '../../src/store/store.ts'
import { draft, everything, place } from './sqlite-place.ts'

const here = place()

/** What a writing process has told, and the process. */
class Writer {
  readonly process: ChildProcess
  readonly sent: Append[] = []
  readonly done: string[][] = []
  readonly created: number[] = []
  readonly lost: number[] = []
  readonly ended: Promise<unknown>
  #errors = ''

  constructor(name: string, rounds: number) {
    const script = join(import.meta.dirname, 'sqlite-writer.ts')
    this.process = spawn(execPath, [script, here.path, name, String(rounds)])
    const { stdout, stderr } = this.process
    if (!stdout || !stderr) throw new Error('the writer has no output')
    stderr.on('data', (text) => (this.#errors += String(text)))
    const lines = createInterface(stdout)
    lines.on('line', (line) => this.#hear(line))
    this.ended = Promise.all([once(this.process, 'exit'), once(lines, 'close')])
  }

  #hear(line: string): void {
    const space = line.indexOf(' ')
    const what = JSON.parse(line.slice(space + 1)) as never
    this[line.slice(0, space) as 'sent' | 'done' | 'created' | 'lost'].push(what)
  }

  /** Waits until so many appends were acknowledged. */
  async acknowledged(count: number): Promise<void> {
    while (this.done.length < count && this.process.exitCode === null)
      await Promise.race([once(this.process.stdout ?? this.process, 'data'), this.ended])
    this.complain()
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.ended
    this.complain()
  }

  complain(): void {
    if (this.#errors) throw new Error(this.#errors)
  }
}

function versionsOf(events: readonly StoredEvent[]): ReadonlyMap<string, readonly number[]> {
  const versions = new Map<string, number[]>()
  for (const { stream, version } of events) {
    const name = `${stream.category}/${stream.id}`
    versions.set(name, [...(versions.get(name) ?? []), version])
  }
  return versions
}

function expectDense(events: readonly StoredEvent[]): void {
  for (const [stream, versions] of versionsOf(events))
    expect([stream, versions]).toEqual([stream, versions.map((_, index) => index + 1)])
}

function expectWhole(events: readonly StoredEvent[], sent: readonly Append[]): void {
  const ids = new Set(events.map(({ id }) => id))
  for (const { drafts } of sent) {
    const there = drafts.filter(({ id }) => ids.has(id)).length
    expect([0, drafts.length]).toContain(there)
  }
}

function expectKept(events: readonly StoredEvent[], done: readonly string[][]): void {
  const ids = new Set(events.map(({ id }) => id))
  expect(done.flat().filter((id) => !ids.has(id))).toEqual([])
}

describe('a writing process that is killed', () => {
  const rounds = 50

  test(`loses nothing that was acknowledged and tears nothing, ${rounds} times`, async () => {
    const sent: Append[] = []
    const done: string[][] = []
    for (let round = 0; round < rounds; round++) {
      const writer = new Writer(`round-${round}`, Infinity)
      await writer.acknowledged(1 + Math.floor(Math.random() * 40))
      await writer.kill()
      sent.push(...writer.sent)
      done.push(...writer.done)
      await using store = sqlite(here.path)
      const unknown = writer.sent.slice(-4)
      await Promise.all(unknown.map((append) => resent(store, append)))
    }
    await using store = sqlite(here.path)
    const events = await everything(store)
    expectKept(events, done)
    expectWhole(events, sent)
    expectDense(events)
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
    expect(done.length).toBeGreaterThanOrEqual(rounds)
    expect(integrity()).toBe('ok')
  })

  // whether it had gone through or not, afterwards it is there once
  async function resent(store: EventStore, append: Append): Promise<void> {
    const { events } = await store.append(append)
    expect(events.map(({ id }) => id)).toEqual(append.drafts.map(({ id }) => id))
  }
})

test('two processes that write one file lose nothing, and of two creations one wins', async () => {
  const rounds = 60
  const writers = [new Writer('left', rounds), new Writer('right', rounds)]
  await Promise.all(writers.map(({ ended }) => ended))
  for (const writer of writers) {
    writer.complain()
    expect(writer.done).toHaveLength(4 * rounds)
  }
  await using store = sqlite(here.path)
  const events = await everything(store)
  expectDense(events)
  expectKept(
    events,
    writers.flatMap(({ done }) => done),
  )
  expect(events).toHaveLength(2 * 4 * rounds * 3 + rounds)
  const created = writers.flatMap((writer) => writer.created).toSorted((a, b) => a - b)
  expect(created).toEqual(Array.from({ length: rounds }, (_, round) => round))
})

describe('a full disk', () => {
  const filling = (length: number): Append => ({
    tenant: '',
    drafts: [
      draft({ type: 'Filled', data: JSON.stringify('x'.repeat(length)), tags: ['disk:full'] }),
    ],
  })

  test('is told as such, loses nothing, and is forgotten when there is room', async () => {
    const database = new DatabaseSync(here.path)
    await using store = sqlite(database)
    await store.append(filling(10))
    const { page_count: pages } = database.prepare('pragma page_count').get() as {
      page_count: number
    }
    database.exec(`pragma max_page_count = ${pages + 20}`)
    const large = filling(500_000)
    const tooLong = store.append(large)
    const beside = store.append(filling(10))
    const refused = await tooLong.then(undefined, (error: unknown) => error)
    expect(refused).toBeInstanceOf(StorageError)
    expect(refused).toMatchObject({ code: 'ANNALS_DISK_FULL', retry: false })
    expect(String(refused)).toMatch(/make room/)
    await beside
    expect((await everything(store)).map(({ version }) => version)).toEqual([1, 2])
    database.exec('pragma max_page_count = 100000')
    await store.append(large)
    expect((await everything(store)).map(({ version }) => version)).toEqual([1, 2, 3])
    expect(integrity()).toBe('ok')
    database.close()
  })
})

function integrity(): unknown {
  const database = new DatabaseSync(here.path)
  const found = database.prepare('pragma integrity_check').get()?.['integrity_check']
  database.close()
  return found
}
