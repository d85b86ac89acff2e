import assert from 'node:assert/strict'
import type { StorePromises } from '../store/scene.ts'
import { names, texts } from '../store/fidelity.ts'
import { longest } from '../ledger/vocabulary.ts'
import { tenant } from '../store/vocabulary.ts'
import { any, byKey, fill, keys, people, person, select, write } from './vocabulary.ts'

export const keepingPromises: StorePromises = {
  'a document is found by its key, as it was written last': async (scene) => {
    const { store, other } = scene
    await fill(scene, [person('1', ['a', 'b', 'c'], { position: 7 }), person('2')])
    const expected = { tenant, key: '1', state: '{"key":"1"}', position: 7 }
    assert.deepEqual(await other.documents.find(people, { tenant, key: '1' }), expected)
    assert.equal(await other.documents.find(people, { tenant, key: '3' }), undefined)
    const position = Number.MAX_SAFE_INTEGER
    await write(store, [person('1', ['d', 'e', 'f'], { state: '[1]', position })])
    const found = await other.documents.find(people, { tenant, key: '1' })
    assert.deepEqual(found, { ...expected, state: '[1]', position })
    assert.deepEqual((await select(other, { where: any }))[0], found)
  },

  'a document that changes is found by what it is now': async (scene) => {
    const { store, other } = scene
    await fill(scene, [person('1', ['a', 'b', 'c']), person('2', ['a', 'b', 'c'])])
    await write(store, [person('1', ['a', 'x', 'c'])])
    const found = async (text: string) =>
      keys(await select(other, { where: { field: 1, in: [text] } }))
    assert.deepEqual([await found('b'), await found('x')], [['2'], ['1']])
  },

  ...Object.fromEntries(
    Object.entries(texts).map(([what, state]): [string, StorePromises[string]] => [
      `a state is kept to the letter: ${what}`,
      async (scene) => {
        await fill(scene, [person('1', [], { state })])
        const found = await scene.other.documents.find(people, { tenant, key: '1' })
        assert.ok(found?.state === state)
      },
    ]),
  ),

  'a state of 8 MB is kept, and changed': async (scene) => {
    const { store, other } = scene
    const states = ['a', 'ä'].map((letter) =>
      JSON.stringify(letter.repeat(8_000_000 / (letter === 'a' ? 1 : 2))),
    )
    for (const [turn, state] of states.entries()) {
      const documents = [person('1', [''], { state }), person('2', [''])]
      if (turn === 0) await fill(scene, documents)
      else await write(store, documents)
      const found = await other.documents.find(people, { tenant, key: '1' })
      assert.ok(found?.state === state)
      assert.ok((await select(other, { limit: 1 }))[0]?.state === state)
    }
  },

  'a key and a tenant may be any text': async (scene) => {
    const { other } = scene
    await fill(
      scene,
      names.map((name) => person(name, [name], { tenant: name, state: JSON.stringify(name) })),
    )
    for (const name of names) {
      const found = await other.documents.find(people, { tenant: name, key: name })
      assert.equal(found?.state, JSON.stringify(name))
      for (const where of [
        { field: 0, in: [name] },
        { field: 'key', in: [name] },
      ] as const)
        assert.deepEqual(await select(other, { tenant: name, where }), [found])
    }
  },

  'texts of 1,000 bytes are keys, tenants and fields': async (scene) => {
    const { store, other } = scene
    const [name, key, field] = [longest(), longest(), longest()]
    const wide = '\u{1f98a}'.repeat(250)
    await fill(scene, [
      person(key, [field, wide], { tenant: name }),
      person(wide, [wide, field], { tenant: name }),
    ])
    await write(store, [person(key, [wide, field], { tenant: name, position: 2 })])
    const order = [{ field: 0, descending: true }, ...byKey] as const
    const found = await select(other, { tenant: name, order })
    assert.deepEqual(keys(found), [key, wide])
    for (const [place, text] of [wide, field].entries()) {
      const where = { field: place, in: [text] }
      assert.deepEqual(await select(other, { tenant: name, where, order }), found)
    }
    const alike = { field: 1, in: [`${field.slice(0, -1)}!`] }
    assert.deepEqual(await select(other, { tenant: name, where: alike }), [])
    const longer = { field: 0, after: wide.slice(0, -2) }
    assert.equal(await other.documents.count(people, { tenant: name, where: longer }), 2)
  },

  'tenants have documents of their own': async (scene) => {
    const { store, other } = scene
    const tenants = ['a', 'b', '', 'A']
    await fill(
      scene,
      tenants.map((name, index) => person('1', ['x'], { tenant: name, state: `${index}` })),
    )
    await write(store, [person('1', ['x'], { tenant: 'b', state: '"changed"' })])
    await write(store, [person('2', ['x'], { tenant: '' })])
    for (const [index, name] of tenants.entries()) {
      const state = name === 'b' ? '"changed"' : `${index}`
      const found = await other.documents.find(people, { tenant: name, key: '1' })
      assert.deepEqual([found?.tenant, found?.state], [name, state])
      const where = { field: 0, in: ['x'] }
      const count = name === '' ? 2 : 1
      assert.equal((await select(other, { tenant: name, where })).length, count)
      assert.equal(await other.documents.count(people, { tenant: name, where: any }), count)
      assert.equal(await other.documents.count(people, { tenant: name, where: { not: where } }), 0)
    }
    assert.equal(await other.documents.find(people, { tenant: 'c', key: '1' }), undefined)
    assert.deepEqual(await select(other, { tenant: 'c' }), [])
  },

  'versions of a view have documents of their own, each with its fields': async (scene) => {
    const { other } = scene
    const models = [people, { ...people, version: '2' }, { name: 'people-of', version: '2.1' }]
    for (const [index, model] of models.entries()) {
      const fields = Array.from({ length: index * 6 }, (_, place) => `${place}`)
      await fill(scene, [person('1', fields, { state: `${index}` })], model)
    }
    for (const [index, model] of models.entries()) {
      const found = await other.documents.find(model, { tenant, key: '1' })
      assert.equal(found?.state, `${index}`)
      const last = index * 6 - 1
      const where = index ? { field: last, in: [`${last}`] } : any
      assert.deepEqual(await select(other, { where }, model), [found])
    }
  },
}
