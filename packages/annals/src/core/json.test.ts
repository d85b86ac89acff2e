import { aggregate, annals, events, fold, memory } from 'annals'
import { expect, test } from 'vitest'
import { z } from 'zod'

const Noted = events({ Noted: z.object({ value: z.unknown() }) })
const Note = aggregate('note', fold(Noted, { initial: {} }), {
  take: (_, value: unknown) => Noted.Noted({ value }),
})

class Money {
  readonly cents = 1
}

const circle: Record<string, unknown> = {}
circle['self'] = circle

const refused: Readonly<Record<string, readonly [unknown, path: string]>> = {
  'a bigint': [{ a: 1n }, 'value.a'],
  'a symbol': [[Symbol('s')], 'value[0]'],
  'a function': [{ f: () => 1 }, 'value.f'],
  'undefined in an array': [[1, undefined], 'value[1]'],
  'a hole in an array': [Array(1), 'value[0]'],
  NaN: [{ n: NaN }, 'value.n'],
  Infinity: [[Infinity], 'value[0]'],
  'minus zero': [-0, 'value'],
  'half a surrogate pair': [{ s: 'a\ud800' }, 'value.s'],
  'half a surrogate pair in a key': [{ 'a\ud800': 1 }, 'value["a\\ud800"]'],
  'a Map': [{ m: new Map() }, 'value.m'],
  'a Set': [new Set(), 'value'],
  bytes: [new Uint8Array(1), 'value'],
  'an instance of a class': [{ 'the money': new Money() }, 'value["the money"]'],
  'a value within itself': [circle, 'value' + '.self'.repeat(999)],
  'a Date, where the schema does not make one again': [new Date(0), 'value'],
}

for (const [name, [value, path]] of Object.entries(refused))
  test(`${name} is refused with its path, and nothing is written`, async () => {
    await using app = annals({ store: memory() })
    await expect(app.open(Note, '1').take(value)).rejects.toMatchObject({
      code: 'ANNALS_NOT_JSON',
      issues: [{ path }],
    })
    expect(await app.load(Note, '1')).toMatchObject({ version: 0 })
  })

const kept: Readonly<Record<string, unknown>> = {
  'text of four bytes, NUL and quotes': '🙂 \0 "\'\\ \u2028',
  'a key named __proto__': JSON.parse('{"__proto__": {"polluted": true}}') as unknown,
  'the largest integers and the smallest fractions': [2 ** 53, -(2 ** 53), 5e-324, 1.7e308],
  'nothing, and nothing in something': [null, {}, [], { a: null }],
  'an object without a prototype': Object.assign(Object.create(null) as object, { a: 1 }),
}

for (const [name, value] of Object.entries(kept))
  test(`${name} is read as it was written`, async () => {
    await using app = annals({ store: memory() })
    await app.open(Note, '1').take(value)
    for await (const { data } of app.read(Noted))
      expect(JSON.stringify(data)).toBe(JSON.stringify({ value }))
  })

test('a property that is undefined is absent', async () => {
  await using app = annals({ store: memory() })
  const { events: decided } = await app.open(Note, '1').take({ a: undefined, b: 1 })
  expect(decided[0]?.data).toEqual({ value: { b: 1 } })
})

test('a value of which the schema makes another each time is refused', async () => {
  const Numbered = events({
    Numbered: z.object({ id: z.string().default(() => crypto.randomUUID()) }),
  })
  const Thing = aggregate('thing', fold(Numbered, { initial: {} }), {
    number: () => Numbered.Numbered({}),
  })
  await using app = annals({ store: memory() })
  await expect(app.open(Thing, '1').number()).rejects.toMatchObject({
    code: 'ANNALS_NOT_JSON',
    issues: [{ path: 'id' }],
  })
})

test('a Date comes back as a Date where the schema coerces', async () => {
  const Born = events({ Born: z.object({ on: z.coerce.date() }) })
  const on = new Date('2001-02-03')
  const Person = aggregate('person', fold(Born, { initial: {} }), { bear: () => Born.Born({ on }) })
  await using app = annals({ store: memory() })
  const { events: recorded } = await app.open(Person, '1').bear()
  expect(recorded[0]?.data.on).toEqual(on)
  for await (const { data } of app.read(Born)) expect(data.on).toEqual(on)
})
