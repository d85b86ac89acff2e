import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { orms, type Orm } from '../../../../test/orms.ts'
import type { EventStore } from '../../../store/store.ts'
import {
  at,
  cart,
  draft,
  history,
  matching,
  refused,
  tenant,
  versions,
} from '../../../testing/contracts/store/vocabulary.ts'
import { postgres, type PostgresTransaction } from '../index.ts'

describe.each(orms)('inside a transaction of $name', ({ open }) => {
  const failure = new Error('the work failed')
  let orm: Orm
  let store: EventStore<PostgresTransaction>

  beforeAll(async () => {
    orm = await open()
    store = postgres(orm.driver, { schema: orm.schema })
    await store.settled()
  })

  afterAll(async () => {
    await store.close()
    await orm.close()
  })

  test('an append and a row are committed together', async () => {
    const mine = cart('committed')
    const tags = ['"a, b"', 'ümlaut']
    await orm.transaction(async ({ tx, insert }) => {
      await insert('committed')
      const { events } = await store.append({ tenant, drafts: [draft(mine, { tags })] }, { tx })
      const seen = []
      for await (const page of store.read(matching(mine), { tx })) seen.push(...page)
      expect(seen).toEqual(events)
    })
    expect(await history(store, mine)).toMatchObject([{ version: 1, tags }])
    expect(await orm.names()).toContain('committed')
  })

  test('an append and a row are rolled back together', async () => {
    const mine = cart('rolled back')
    const work = orm.transaction(async ({ tx, insert }) => {
      await insert('rolled back')
      await store.append({ tenant, drafts: [draft(mine)] }, { tx })
      throw failure
    })
    await expect(work).rejects.toBe(failure)
    expect(await history(store, mine)).toEqual([])
    expect(await orm.names()).not.toContain('rolled back')
  })

  test('a transaction within it takes its append along when it fails, and leaves the rest', async () => {
    const mine = cart('nested')
    await orm.transaction(async ({ tx, insert, nested }) => {
      await store.append({ tenant, drafts: [draft(mine)] }, { tx })
      const inner = nested(async (within) => {
        await within.insert('inner')
        await store.append({ tenant, drafts: [draft(mine)] }, { tx: within.tx })
        throw failure
      })
      await expect(inner).rejects.toBe(failure)
      await nested(async (within) => {
        await store.append({ tenant, drafts: [draft(mine)] }, { tx: within.tx })
      })
      await insert('outer')
    })
    expect(versions(await history(store, mine))).toEqual([1, 2])
    expect(await orm.names()).toContain('outer')
    expect(await orm.names()).not.toContain('inner')
  })

  test('an append that is refused leaves it as it was', async () => {
    const mine = cart('refused')
    await orm.transaction(async ({ tx, insert }) => {
      const guard = at(mine, 7)
      await refused(
        store.append({ tenant, drafts: [draft(mine)], guard }, { tx }),
        'ANNALS_CONFLICT',
      )
      await insert('after a refusal')
    })
    expect(await history(store, mine)).toEqual([])
    expect(await orm.names()).toContain('after a refusal')
  })

  test('an append whose statement fails leaves it as it was', async () => {
    const mine = cart('again')
    const sent = { tenant, drafts: [draft(mine)] }
    await orm.transaction(async ({ tx, insert }) => {
      const first = await store.append(sent, { tx })
      expect(await store.append(sent, { tx })).toEqual(first)
      const [same] = sent.drafts
      const other = { tenant, drafts: [{ ...draft(mine), id: same?.id ?? '' }] }
      await refused(store.append(other, { tx }), 'ANNALS_ID_REUSED')
      await insert('after a failure')
    })
    expect(versions(await history(store, mine))).toEqual([1])
    expect(await orm.names()).toContain('after a failure')
  })

  test('what is over takes no append', async () => {
    const transactions: PostgresTransaction[] = []
    await orm.transaction(async ({ tx }) => void transactions.push(tx))
    for (const tx of transactions)
      await refused(
        store.append({ tenant, drafts: [draft(cart('over'))] }, { tx }),
        'ANNALS_OPTION',
      )
    expect(await history(store, cart('over'))).toEqual([])
  })
})
