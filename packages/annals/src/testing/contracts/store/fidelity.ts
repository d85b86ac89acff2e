import assert from 'node:assert/strict'
import type { Draft } from '../../../store/store.ts'
import type { StorePromises } from './scene.ts'
import {
  append,
  cart,
  draft,
  everything,
  history,
  matching,
  read,
  refused,
  tagged,
  tenant as ours,
} from './vocabulary.ts'

const mine = cart('1')

/** JSON texts that a careless store would change. */
export const texts: Readonly<Record<string, string>> = {
  'four bytes of unicode': '{"a":"🦊𝒳\u{10ffff}"}',
  'NUL and other control characters': String.raw`{"a\u0000b":"\u0000\u001f\u007f"}`,
  'half a surrogate pair, escaped': String.raw`{"a":"\ud83d"}`,
  'keys of Object.prototype': '{"__proto__":{"x":1},"constructor":1,"toString":null}',
  'numbers beyond 2^53, and decimals':
    '[9007199254740993,1e400,-0,0.10,1.0,12345678901234567890.5]',
  'keys in their order, also twice, and space between': ' { "b" : 1 ,\n"a":2,\t"b":3 } ',
  '10,000 levels of nesting': '['.repeat(10_000) + ']'.repeat(10_000),
  'both forms of an accent': '["\u00e9","e\u0301"]',
  'line ends of every kind': '"\u2028\u2029\\r\\n"\r\n',
}

/** Names that a careless store would take for something else. */
export const names: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  ' ',
  ' 1 ',
  '\t\r\n',
  '1.0',
  'null',
  '0',
  '🦊',
  'مرحبا',
  '\u{feff}bom',
  `'; drop table events; --`,
  `" or ""="`,
  `') or 1=1 --`,
  '\\',
  '%',
  '_',
  '*',
  '[a-z]',
  '$1 ? :a @b',
  '["a","b"]',
  '{a,b}',
  'a,b',
  '/../..',
]

/** Names that a careless comparison takes for one. */
const alike = ['a', 'A', 'a ', 'ä', 'a\u0308', 'a%', '_', 'aa', '\u{1f98a}a', 'á']

export const fidelityPromises: StorePromises = {
  ...Object.fromEntries(
    Object.entries(texts).map(([what, text]): [string, StorePromises[string]] => [
      `data and metadata are kept to the letter: ${what}`,
      async ({ store, other }) => {
        await append(store, [draft(mine, { data: text, metadata: text, schemaVersion: 7 })])
        const [event] = await history(other, mine)
        assert.ok(event?.data === text && event.metadata === text)
        assert.equal(event.schemaVersion, 7)
      },
    ]),
  ),

  'a category, an id, a type, a tag and a tenant may be any text': async ({ store, other }) => {
    for (const name of names) {
      const stream = { category: name, id: name }
      const query = { tenant: name, filters: [{ ...stream, types: [name], tags: [name] }] }
      const drafts = [draft(stream, { type: name, tags: [name, 'other'] })]
      const { events } = await store.append({ tenant: name, drafts })
      await store.append({ tenant: name, drafts: [draft(mine)] })
      assert.deepEqual(
        events.map(({ stream: kept, type, tags }) => ({ kept, type, tags })),
        [{ kept: stream, type: name, tags: [name, 'other'] }],
      )
      assert.deepEqual(await read(other, query), events, JSON.stringify(name))
      const guard = { streams: [{ ...stream, version: 'none' as const }] }
      await refused(
        store.append({ tenant: name, drafts: [draft(stream)], guard }),
        'ANNALS_CONFLICT',
      )
    }
    assert.equal((await everything(store)).length, names.length * 5)
  },

  'names that only look alike are different': async ({ store, other }) => {
    for (const name of alike) {
      await append(store, [draft({ category: name, id: '1' }), draft(cart(name))])
      await append(store, [draft(mine, { type: name }), tagged(name)])
      await store.append({ tenant: name, drafts: [draft(mine)] })
    }
    for (const name of alike) {
      const filters = [{ category: name, id: '1' }, cart(name), { types: [name] }, { tags: [name] }]
      for (const filter of filters)
        assert.equal((await read(other, matching(filter))).length, 1, JSON.stringify(filter))
      assert.equal((await read(other, { tenant: name, filters: [{}] })).length, 1, name)
    }
  },

  'a stream is its category and its id, not both run together': async ({ store, other }) => {
    const pairs = [
      ['a', 'b-c'],
      ['a-b', 'c'],
      ['a', 'b'],
      ['ab', 'c'],
      ['a', 'bc'],
      ['a/b', 'c'],
      ['a', 'b/c'],
      ['a:b', 'c'],
      ['a', 'b:c'],
    ] as const
    for (const [category, id] of pairs) await append(store, [draft({ category, id })])
    for (const [category, id] of pairs) {
      const [event, ...more] = await history(other, { category, id })
      assert.deepEqual([event?.stream, event?.version, more], [{ category, id }, 1, []])
    }
  },

  'tags keep their order, and are found whole only': async ({ store, other }) => {
    const { events } = await append(store, [tagged('course:12', 'b', 'a', 'B')])
    assert.deepEqual(events[0]?.tags, ['course:12', 'b', 'a', 'B'])
    assert.deepEqual(await read(other, matching({ tags: ['a', 'course:12'] })), events)
    for (const part of ['course:1', 'course', 'ourse:12', 'course:12,b', 'course:%', 'COURSE:12'])
      assert.deepEqual(await read(other, matching({ tags: [part] })), [])
  },

  'NUL, half a surrogate pair, and no text at all are refused in every name': async ({ store }) => {
    for (const name of ['', 'a\0b', '\ud83d', '\udd8a\ud83e']) {
      const changes: Partial<Draft>[] = [
        { stream: cart(name) },
        { stream: { category: name, id: '1' } },
        { type: name },
        { tags: ['a', name] },
      ]
      for (const change of changes)
        await refused(append(store, [draft(mine), draft(mine, change)]), 'ANNALS_OPTION')
      if (name === '') continue
      await refused(store.append({ tenant: name, drafts: [draft(mine)] }), 'ANNALS_OPTION')
    }
    const left = await everything(store)
    assert.deepEqual(
      left.filter(({ tenant }) => tenant === ours),
      [],
    )
  },
}
