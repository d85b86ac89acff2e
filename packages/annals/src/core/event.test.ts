import { aggregate, Aggregate, annals, events, fold, memory, versioned, type Draft } from 'annals'
import { type } from 'arktype'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'

const draft = (id: number, stored: Partial<Draft>): Draft => ({
  id: `00000000-0000-7000-8000-${String(id).padStart(12, '0')}`,
  stream: { category: 'person', id: 'ann' },
  type: 'Named',
  schemaVersion: 1,
  data: '{}',
  metadata: '{"correlation":"c","causation":"c"}',
  tags: [],
  ...stored,
})

test('an event is made by calling its type', () => {
  const Events = events({ Greeted: z.object({ name: z.string() }) })
  expect(Events.Greeted({ name: 'ann' })).toEqual({ type: 'Greeted', data: { name: 'ann' } })
  expect(Events.Greeted.type).toBe('Greeted')
})

const libraries = {
  zod: events({ Aged: z.object({ age: z.number().min(0) }) }),
  valibot: events({ Aged: v.object({ age: v.pipe(v.number(), v.minValue(0)) }) }),
  arktype: events({ Aged: type({ age: 'number >= 0' }) }),
  'zod, asynchronously': events({
    Aged: z.object({ age: z.number().refine(async (age) => age >= 0) }),
  }),
  'valibot, asynchronously': events({
    Aged: v.objectAsync({
      age: v.pipeAsync(
        v.number(),
        v.checkAsync(async (age) => age >= 0),
      ),
    }),
  }),
}

for (const [library, Aged] of Object.entries(libraries))
  test(`${library} checks an event when it is written and parses it when it is read`, async () => {
    const Person = aggregate('person', fold(Aged, { initial: 0, Aged: (_, { age }) => age }), {
      age: (_, age: number) => Aged.Aged({ age }),
    })
    await using app = annals({ store: memory() })
    expect(await app.open(Person, 'ann').age(30)).toMatchObject({ state: 30, version: 1 })
    expect((await app.load(Person, 'ann')).state).toBe(30)
    await expect(app.open(Person, 'ann').age(-1)).rejects.toMatchObject({
      code: 'ANNALS_INVALID_EVENT',
      issues: [{ path: 'age' }],
    })
    expect((await app.load(Person, 'ann')).version).toBe(1)
  })

test('a class refuses an event whose schema is asynchronous, and says so', async () => {
  class Person extends Aggregate('person', fold(libraries['zod, asynchronously'], { initial: 0 })) {
    age() {
      this.record('Aged', { age: 1 })
    }
  }
  await using app = annals({ store: memory() })
  await expect(app.open(Person, '1').age()).rejects.toMatchObject({ code: 'ANNALS_ASYNC_SCHEMA' })
})

const Name = versioned(z.object({ name: z.string() }))
  .upcast(z.object({ first: z.string(), last: z.string() }), ({ name }) => {
    const [first = '', last = ''] = name.split(' ')
    return { first, last }
  })
  .upcast(z.object({ initials: z.string() }), ({ first, last }) => ({
    initials: first.slice(0, 1) + last.slice(0, 1),
  }))
const PersonEvents = events(
  { Named: Name },
  { renamed: { PersonWasNamed: 'Named' }, retired: ['PersonPoked'] },
)
const Person = aggregate(
  'person',
  fold(PersonEvents, { initial: '', Named: (all, { initials }) => all + initials }),
  { name: (_, initials: string) => PersonEvents.Named({ initials }) },
)

test('every stored version of an event is read through the steps since, under its old name too', async () => {
  const store = memory()
  await using app = annals({ store, aggregates: [Person] })
  const drafts = [
    draft(1, { type: 'PersonWasNamed', data: '{"name":"Ada Lovelace"}' }),
    draft(2, { type: 'PersonPoked' }),
    draft(3, { schemaVersion: 2, data: '{"first":"Bob","last":"Cray"}' }),
  ]
  await store.append({ tenant: '', drafts })
  const { state, version } = await app.open(Person, 'ann').name('xy')
  expect({ state, version }).toEqual({ state: 'ALBCxy', version: 4 })
  const read = await Array.fromAsync(app.read(PersonEvents))
  expect(read.map((event) => [event.type, event.data.initials])).toEqual([
    ['Named', 'AL'],
    ['Named', 'BC'],
    ['Named', 'xy'],
  ])
  const stored = (await Array.fromAsync(store.read({ tenant: '', filters: [{}] }))).flat()
  expect(stored.at(-1)).toMatchObject({ type: 'Named', schemaVersion: 3 })
})

test('a type that nobody declares is an error when its stream is loaded', async () => {
  const store = memory()
  await using app = annals({ store })
  await store.append({ tenant: '', drafts: [draft(1, { type: 'Forgotten' })] })
  await expect(app.load(Person, 'ann')).rejects.toMatchObject({
    code: 'ANNALS_UNKNOWN_EVENT',
    type: 'Forgotten',
    message: expect.stringContaining('person/ann') as string,
  })
})

test('an event of a newer version than the program knows is an error', async () => {
  const store = memory()
  await using app = annals({ store })
  await store.append({ tenant: '', drafts: [draft(1, { schemaVersion: 4 })] })
  await expect(app.load(Person, 'ann')).rejects.toMatchObject({ code: 'ANNALS_UNKNOWN_EVENT' })
})

test('stored data that does not satisfy its schema is an error that names the path', async () => {
  const store = memory()
  await using app = annals({ store })
  await store.append({ tenant: '', drafts: [draft(1, { data: '{"name":7}' })] })
  await expect(app.load(Person, 'ann')).rejects.toMatchObject({
    code: 'ANNALS_INVALID_EVENT',
    issues: [{ path: 'name' }],
  })
})

const Thing = z.object({ size: z.number() })
const mistakes: Readonly<Record<string, () => unknown>> = {
  // @ts-expect-error a type that begins with a lower-case letter
  'a type that begins with a lower-case letter': () => events({ thingMade: Thing }),
  'a rename to a type that is not declared': () =>
    // @ts-expect-error the same at compile time
    events({ ThingMade: Thing }, { renamed: { Old: 'ThingMaid' } }),
  'a rename of a type that is still declared': () =>
    events({ ThingMade: Thing, Old: Thing }, { renamed: { Old: 'ThingMade' } }),
  'a retired type that is still declared': () =>
    events({ ThingMade: Thing }, { retired: ['ThingMade'] }),
  'a tag with a colon in it': () =>
    events({ ThingMade: z.object({ 'a:b': z.string() }) }, { tags: ['a:b'] }),
}

for (const [name, mistake] of Object.entries(mistakes))
  test(`${name} is refused`, () => {
    expect(mistake).toThrow(expect.objectContaining({ code: 'ANNALS_OPTION' }))
  })

test('tags are taken from the fields they are named for, of a list each', async () => {
  const Events = events(
    { Met: z.object({ room: z.number().optional(), people: z.array(z.string()) }) },
    { tags: ['room', 'people'] },
  )
  const Meeting = aggregate('meeting', fold(Events, { initial: {} }), {
    hold: (_, people: string[], room?: number) => Events.Met({ people, room }),
  })
  await using app = annals({ store: memory() })
  const { events: first } = await app.open(Meeting, '1').hold(['ann', 'bob', 'ann'], 4)
  expect(first[0]?.tags).toEqual(['room:4', 'people:ann', 'people:bob'])
  const { events: second } = await app.open(Meeting, '1').hold([])
  expect(second[0]?.tags).toEqual([])
  const found = await Array.fromAsync(app.read(Events, { tags: { people: 'bob' } }))
  expect(found.map(({ version }) => version)).toEqual([1])
})
