import assert from 'node:assert/strict'
import type {
  Condition,
  Document,
  DocumentChange,
  Field,
  Selection,
} from '../../../store/documents.ts'
import type { EventStore } from '../../../store/store.ts'
import type { StorePromises } from '../store/scene.ts'
import { names } from '../store/fidelity.ts'
import { same } from '../store/vocabulary.ts'
import {
  any,
  byKey,
  compare,
  fill,
  finds,
  keys,
  people,
  person,
  select,
  textOf,
  texts,
  write,
} from './vocabulary.ts'

/** Three hundred documents: of each text six, with fields that repeat at different paces. */
function crowd(): DocumentChange[] {
  const [every, few] = [texts.length, ['x', 'y', 'z', '']]
  return Array.from({ length: every * 6 }, (_, index) => {
    const text = texts[(index * 7) % every] ?? ''
    const key = `${text || '-'}${index % 2 ? '/' : ''}${Math.floor(index / every)}`
    return person(key, [text, few[index % 4] ?? '', few[Math.floor(index / 5) % 3] ?? ''])
  })
}

/** All documents of the view, so many at a time. */
async function walked(store: EventStore, limit: number): Promise<readonly Document[]> {
  const found: Document[] = []
  for (;;) {
    const after = found.at(-1)
    const more = await store.documents.walk(people, { limit, ...(after && { after }) })
    found.push(...more)
    assert.ok(found.length < 10_000, 'a walk comes to its end')
    if (more.length < limit) return found
  }
}

/** Tries conditions, each with what it is to find. */
function finding(
  ...cases: readonly (readonly [Condition, (document: DocumentChange) => boolean])[]
): StorePromises[string] {
  return async (scene) => {
    const all = crowd()
    await fill(scene, all)
    for (const [where, wanted] of cases)
      await finds(
        scene.other,
        where,
        all.filter((one) => wanted(one)),
      )
  }
}

/** A range of each kind, with what lies in it. */
function ranges(field: Field, text: string) {
  const difference = (document: DocumentChange) => compare(textOf(document, field), text)
  return [
    [{ field, from: text }, (one: DocumentChange) => difference(one) >= 0],
    [{ field, after: text }, (one: DocumentChange) => difference(one) > 0],
    [{ field, until: text }, (one: DocumentChange) => difference(one) <= 0],
    [{ field, before: text }, (one: DocumentChange) => difference(one) < 0],
  ] as const
}

const x: Condition = { field: 1, in: ['x'] }
const yz: Condition = { field: 2, in: ['y', 'z'] }
const is = ({ fields }: DocumentChange, place: number, ...wanted: string[]) =>
  wanted.includes(fields[place] ?? '')

/** Walks through a selection a few at a time, going on after the last one each time. */
async function walk(
  step: (where: Condition) => Promise<readonly DocumentChange[]>,
  { order, most }: { readonly order: Selection['order']; readonly most: number },
): Promise<string[]> {
  const found: string[] = []
  for (let where = any; ;) {
    const page = await step(where)
    const last = page.at(-1)
    if (!last) return found
    found.push(...keys(page))
    assert.ok(found.length <= most, 'it comes to an end')
    where = {
      any: order.map(({ field, descending }, place) => ({
        all: [
          ...order
            .slice(0, place)
            .map((tied) => ({ field: tied.field, in: [textOf(last, tied.field)] })),
          { field, [descending ? 'before' : 'after']: textOf(last, field) },
        ],
      })),
    }
  }
}

export const selectingPromises: StorePromises = {
  'all documents of a view are walked through, those of every tenant': async (scene) => {
    const { store, other } = scene
    const written = names.flatMap((name) => [
      person(name, undefined, { tenant: name, position: 3 }),
      person('k', undefined, { tenant: name }),
    ])
    await fill(scene, written)
    await fill(scene, [person('another')], { ...people, version: '2' })
    const expected = written
      .map(({ tenant, key, state, position }) => ({ tenant, key, state, position }))
      .toSorted((one, next) => compare(one.tenant, next.tenant) || compare(one.key, next.key))
    for (const limit of [1, 3, 1_000]) same(await walked(other, limit), expected)
    await write(store, [person('zz', undefined, { tenant: 'zz' })])
    assert.equal((await other.documents.walk(people, { limit: 2 })).length, 2)
  },

  'a field is one of some texts': finding(
    [x, (one) => is(one, 1, 'x')],
    [yz, (one) => is(one, 2, 'y', 'z')],
    [{ field: 1, in: [''] }, (one) => is(one, 1, '')],
    [{ field: 0, in: ['nothing', 'none'] }, () => false],
    [{ field: 0, in: [] }, () => false],
    [{ field: 0, in: [...texts, ...texts] }, () => true],
    [{ field: 'key', in: ['A0', 'a0', 'B/1'] }, ({ key }) => ['A0', 'a0', 'B/1'].includes(key)],
    ...texts.map(
      (text) => [{ field: 0, in: [text] }, (one: DocumentChange) => is(one, 0, text)] as const,
    ),
  ),

  'a field is one of thousands of texts': finding([
    // what is there is asked for last, so that it is left out where only some are asked for
    { field: 0, in: Array.from({ length: 5_000 }, (_, index) => `${4_999 - index}`) },
    ({ fields: [text = ''] }) => /^(0|[1-9]\d*)$/.test(text),
  ]),

  'a field lies in a range, by its code points': finding(
    ...texts.flatMap((text) => ranges(0, text)),
    ...['a', '\ue000', '\u{10000}', '\uffff'].flatMap((text) => ranges('key', text)),
  ),

  'a range may be closed on both sides, on one, or on none': finding(
    [
      { field: 0, from: 'A', before: 'b' },
      ({ fields: [text = ''] }) => compare(text, 'A') >= 0 && compare(text, 'b') < 0,
    ],
    [
      { field: 0, after: '\ud7ff', until: '\u{1f98a}' },
      ({ fields: [text = ''] }) => compare(text, '\ud7ff') > 0 && compare(text, '\u{1f98a}') <= 0,
    ],
    [
      { field: 0, from: 'A', after: 'B', until: 'b', before: 'a' },
      ({ fields: [text = ''] }) => compare(text, 'B') > 0 && compare(text, 'a') < 0,
    ],
    [{ field: 0, from: 'b', until: 'a' }, () => false],
    [{ field: 0, from: 'a', until: 'a' }, (one) => is(one, 0, 'a')],
    [{ field: 0 }, () => true],
  ),

  'conditions hold all, any, or not': finding(
    [{ all: [x, yz] }, (one) => is(one, 1, 'x') && is(one, 2, 'y', 'z')],
    [{ any: [x, yz] }, (one) => is(one, 1, 'x') || is(one, 2, 'y', 'z')],
    [{ not: x }, (one) => !is(one, 1, 'x')],
    [{ not: { not: x } }, (one) => is(one, 1, 'x')],
    [{ not: { all: [x, yz] } }, (one) => !(is(one, 1, 'x') && is(one, 2, 'y', 'z'))],
    [{ not: { any: [x, yz] } }, (one) => !is(one, 1, 'x') && !is(one, 2, 'y', 'z')],
    [
      { all: [{ any: [x, yz] }, { not: { all: [x, yz] } }] },
      (one) => is(one, 1, 'x') !== is(one, 2, 'y', 'z'),
    ],
    [
      { any: [x, { all: [yz, { field: 0, from: 'a' }] }] },
      (one) => is(one, 1, 'x') || (is(one, 2, 'y', 'z') && compare(one.fields[0] ?? '', 'a') >= 0),
    ],
    [{ all: [x] }, (one) => is(one, 1, 'x')],
    [{ any: [x] }, (one) => is(one, 1, 'x')],
    [{ not: { field: 1, in: [] } }, () => true],
  ),

  'all of no conditions is always so, and any of none never': finding(
    [{ all: [] }, () => true],
    [{ any: [] }, () => false],
    [{ not: { all: [] } }, () => false],
    [{ not: { any: [] } }, () => true],
    [{ all: [x, { all: [] }] }, (one) => is(one, 1, 'x')],
    [{ any: [x, { any: [] }] }, (one) => is(one, 1, 'x')],
  ),

  'conditions may be many, and deep': finding(
    [
      {
        any: texts
          .slice(0, 20)
          .flatMap((text) => Array.from({ length: 25 }, () => ({ field: 0, in: [text] }))),
      },
      ({ fields: [text = ''] }) => texts.indexOf(text) < 20,
    ],
    [{ all: Array.from({ length: 300 }, () => ({ not: x })) }, (one) => !is(one, 1, 'x')],
    [
      Array.from({ length: 41 }).reduce<Condition>((inner) => ({ not: inner }), x),
      (one) => !is(one, 1, 'x'),
    ],
    [
      Array.from({ length: 30 }).reduce<Condition>(
        (inner) => ({ all: [{ any: [inner] }, any] }),
        yz,
      ),
      (one) => is(one, 2, 'y', 'z'),
    ],
  ),

  'documents are sorted by code points, up or down': async (scene) => {
    const documents = texts.map((text, index) =>
      person(text || 'empty', [text, `${index % 3}`, '']),
    )
    await fill(scene, documents.toReversed())
    for (const descending of [false, true]) {
      const expected = descending ? documents.toReversed() : documents
      const order = [{ field: 0, descending }, ...byKey]
      same(keys(await select(scene.other, { order })), keys(expected))
      const sorted = documents.toSorted((one, next) => compare(one.key, next.key))
      const byKeys = await select(scene.other, { order: [{ field: 'key', descending }] })
      same(keys(byKeys), keys(descending ? sorted.toReversed() : sorted))
    }
  },

  'documents are sorted by several fields, each up or down': async (scene) => {
    const all = crowd()
    await fill(scene, all)
    for (const turn of [0, 1, 2, 3, 4, 5, 6, 7]) {
      const order: Selection['order'] = [
        { field: 2, descending: (turn & 1) > 0 },
        { field: 1, descending: (turn & 2) > 0 },
        { field: 'key', descending: (turn & 4) > 0 },
      ]
      const expected = all.toSorted((one, next) => sorting(order, one, next))
      same(keys(await select(scene.other, { order })), keys(expected))
      const some = { order, where: { not: x }, limit: 10 }
      const few = expected.filter((one) => !is(one, 1, 'x')).slice(0, 10)
      same(keys(await select(scene.other, some)), keys(few))
    }
  },

  'a limit gives the first of them, and a count knows of none': async (scene) => {
    const all = crowd()
    await fill(scene, all)
    const sorted = all.toSorted((one, next) => compare(one.key, next.key))
    for (const limit of [0, 1, 10, 299, 300, 1_000])
      same(keys(await select(scene.other, { limit })), keys(sorted.slice(0, limit)))
    const { tenant = '' } = all[0] ?? {}
    assert.equal(await scene.other.documents.count(people, { tenant, where: any }), all.length)
  },

  'a selection is walked through a few at a time': async (scene) => {
    const all = crowd()
    await fill(scene, all)
    const orders: Selection['order'][] = [
      byKey,
      [{ field: 1, descending: true }, ...byKey],
      [
        { field: 2, descending: false },
        { field: 0, descending: true },
        { field: 'key', descending: true },
      ],
    ]
    for (const order of orders) {
      const step = async (where: Condition) => {
        const page = await select(scene.other, { where, order, limit: 23 })
        return page.map(({ key }) => all.find((one) => one.key === key) ?? person(key))
      }
      const found = await walk(step, { order, most: all.length })
      const expected = all.toSorted((one, next) => sorting(order, one, next))
      same(found, keys(expected))
    }
  },
}

function sorting(order: Selection['order'], one: DocumentChange, next: DocumentChange): number {
  for (const { field, descending } of order) {
    const difference = compare(textOf(one, field), textOf(next, field))
    if (difference !== 0) return descending ? -difference : difference
  }
  return 0
}
