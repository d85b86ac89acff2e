import { describe, expect, test } from 'vitest'
import { AccountState } from '../../test/domain/bank.ts'
import { conditionOf, pageOf, prepared } from './query.ts'
import { sortable } from './sortable.ts'
import { view } from './view.ts'

const Accounts = view('accounts', AccountState, { indexes: ['owner', 'balance'] })

const [owner, balance] = [0, 1]
const text = (value: string | number | null) => sortable(value, 'a value')

describe('what is asked becomes', () => {
  test.each([
    ['everything', undefined, { all: [] }],
    ['one condition', { owner: 'ann' }, { field: owner, in: [text('ann')] }],
    ['nothing at all', { owner: null }, { field: owner, in: ['0'] }],
    [
      'all of several conditions',
      { owner: 'ann', balance: 1 },
      {
        all: [
          { field: owner, in: [text('ann')] },
          { field: balance, in: [text(1)] },
        ],
      },
    ],
    [
      'a range within the kind of the value',
      { balance: { gte: 1 } },
      { all: [{ field: balance, from: text(1), before: '3' }] },
    ],
    [
      'a range from the beginning of the kind',
      { balance: { lt: 1 } },
      { all: [{ field: balance, from: '2', before: text(1) }] },
    ],
    [
      'a range from a prefix to its end',
      { owner: { prefix: 'an' } },
      { all: [{ field: owner, from: '3an', before: '3ao' }] },
    ],
    [
      'alternatives and their contrary',
      { not: { or: [{ owner: 'ann' }, { balance: 1 }] } },
      {
        not: {
          any: [
            { field: owner, in: [text('ann')] },
            { field: balance, in: [text(1)] },
          ],
        },
      },
    ],
  ])('%s', (_, where, condition) => {
    expect(conditionOf(Accounts, where)).toEqual(condition)
  })
})

describe('a page', () => {
  const state = (amount: number) => ({ owner: 'ann', balance: amount })
  const document = (key: string, amount: number) => ({
    tenant: 'acme',
    key,
    state: JSON.stringify(state(amount)),
    position: 1,
  })

  test('asks for one document more than it holds, in an order that ends with the key', () => {
    const { selection } = prepared(Accounts, 'acme', { limit: 2, orderBy: { balance: 'desc' } })
    expect(selection).toEqual({
      tenant: 'acme',
      where: { all: [{ all: [] }] },
      order: [
        { name: 'balance', field: balance, descending: true },
        { name: 'key', field: 'key', descending: true },
      ],
      limit: 3,
    })
  })

  test('tells where the next one begins, which begins behind its last document', () => {
    const query = { limit: 2, orderBy: { balance: 'desc' } } as const
    const found = [document('c', 3), document('b', 2), document('a', 2)]
    const { documents, next } = pageOf(Accounts, prepared(Accounts, 'acme', query), found)
    expect(documents).toEqual([
      { key: 'c', state: state(3) },
      { key: 'b', state: state(2) },
    ])
    const after = next ?? ''
    expect(prepared(Accounts, 'acme', { ...query, after }).selection.where).toEqual({
      all: [
        { all: [] },
        {
          all: [
            { field: balance, until: text(2) },
            {
              any: [
                { all: [{ field: balance, before: text(2) }] },
                {
                  all: [
                    { field: balance, in: [text(2)] },
                    { field: 'key', before: 'b' },
                  ],
                },
              ],
            },
          ],
        },
      ],
    })
  })

  test('is the last one where there is no document more', () => {
    const ready = prepared(Accounts, 'acme', { limit: 2 })
    expect(pageOf(Accounts, ready, [document('a', 1), document('b', 1)]).next).toBeUndefined()
    expect(pageOf(Accounts, ready, [])).toEqual({ documents: [], next: undefined })
  })
})
