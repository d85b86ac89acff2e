import { afterAll, beforeAll, expect, test } from 'vitest'
import { readToDecide } from './deciding.ts'
import { firstFaults } from './history.ts'
import { Pair } from './pair.ts'
import { amount, appendOf, fact, lasting, newPlace, storeAt } from './place.ts'
import { Run } from './run.ts'

let pair: Pair

beforeAll(async () => {
  pair = await Pair.make()
  await pair.acknowledgeOnBoth()
})

afterAll(() => pair[Symbol.asyncDispose]())

test('a standby is refused, whose locks say nothing of what is settled', async () => {
  const place = newPlace(pair.url())
  await using store = storeAt(place)
  const { position } = await store.append(appendOf(fact([])))
  await using follower = storeAt({ ...place, url: pair.standby.url() })
  const [row] = await pair.standby.query(`select pg_is_in_recovery() as follows`)
  expect(row).toEqual({ follows: true })
  await expect(follower.settled()).rejects.toMatchObject({ code: 'ANNALS_READ_ONLY' })
  expect(position).toBe(1)
})

test(
  'a standby that is promoted goes on where the primary was, and what was decided before is refused',
  lasting,
  async () => {
    const place = newPlace(pair.url())
    await using run = await Run.at(place)
    run.write(2, 8)
    run.follow(1)
    await run.acknowledged(amount(200, 5_000))
    await using store = storeAt(place)
    const { guard } = await readToDecide(store, { tags: ['before'] })

    await pair.failOver()
    await run.acknowledged(amount(200, 5_000))

    expect(firstFaults(await run.finish())).toEqual([])
    expect(run.epochs.size).toBe(2)

    const decision = appendOf(fact(['before']))
    await expect(store.append({ ...decision, guard })).rejects.toMatchObject({
      code: 'ANNALS_EPOCH',
    })
    const again = await readToDecide(store, { tags: ['before'] })
    await store.append({ ...decision, guard: again.guard })
  },
)
