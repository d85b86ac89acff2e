import { postgres } from 'annals/postgres'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newSchema, serverUrl } from '../test/places.ts'
import { run, serving } from '../test/program.ts'
import { Order } from './order.ts'
import { openShop } from './shop.ts'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annals-orders-'))
})
afterAll(() => rm(folder, { recursive: true }))

function place(url: string, order: string) {
  return fetch(`${url}orders/${order}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ customer: 'Ann' }),
  })
}

test('on SIGTERM and on SIGINT it ends the streams and stops, and the next one goes on', async () => {
  const args = ['--file', join(folder, 'orders.db')]
  const first = await serving(args)
  await place(first.url, 'o-1')
  const stream = await fetch(`${first.url}events`)
  expect(await first.stop('SIGTERM')).toEqual({ code: 0, complaint: '' })
  expect(await stream.text()).toContain('OrderPlaced')
  const second = await serving(args)
  expect((await fetch(`${second.url}orders/o-1`)).status).toBe(200)
  const again = await fetch(`${second.url}events`)
  expect(await second.stop('SIGINT')).toEqual({ code: 0, complaint: '' })
  expect(await again.text()).toContain('OrderPlaced')
})

test('with DATABASE_URL, orders are kept in PostgreSQL', async () => {
  const { schema, remove } = newSchema()
  const program = await serving(['--schema', schema], serverUrl)
  await place(program.url, 'o-1')
  expect(await program.stop()).toEqual({ code: 0, complaint: '' })
  const shop = openShop(postgres(serverUrl, { schema }))
  expect(await shop.load(Order, 'o-1')).toMatchObject({ state: { customer: 'Ann' }, version: 1 })
  await shop.close()
  await remove()
})

test('a port that is taken is told in a sentence', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo // it listens on a port
  const { ended } = run(['--port', `${port}`, '--file', join(folder, 'taken.db')])
  expect(await ended).toEqual({
    code: 1,
    complaint: `Port ${port} is taken; name another one with -- --port 3001\n`,
  })
  other.close()
})

test('a file that cannot be is told in a sentence', async () => {
  const { ended } = run(['--port', '0', '--file', join(folder, 'nowhere', 'orders.db')])
  const { code, complaint } = await ended
  expect(code).toBe(1)
  expect(complaint).toMatch(/make it before opening.*\(ANNALS_\w+\)\n$/)
})
