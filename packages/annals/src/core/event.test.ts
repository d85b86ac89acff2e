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
    message: expect.stringContaining('schema version 1 (person/ann, version 1)') as string,
  })
})

test('an upcaster that throws is an error that names the event, and has the cause', async () => {
  const cause = new Error('no name has three words')
  const Broken = events({
    Named: versioned(z.object({})).upcast(z.object({}), () => {
      throw cause
    }),
  })
  const store = memory()
  await using app = annals({ store })
  await store.append({ tenant: '', drafts: [draft(1, {})] })
  await expect(Array.fromAsync(app.read(Broken))).rejects.toMatchObject({
    code: 'ANNALS_INVALID_EVENT',
    message: expect.stringMatching(/Named .*person\/ann, version 1.*three words/) as string,
    cause,
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
  // @ts-expect-error the same at compile time
  'a type without a schema': () => events({ ThingMade: {} }),
  // @ts-expect-error the same at compile time
  'a misspelt option': () => events({ ThingMade: Thing }, { tag: ['size'] }),
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

test('a schema that makes another value of a tag is refused, since nobody would find the event', async () => {
  const Lower = events(
    { Joined: z.object({ email: z.string().toLowerCase(), room: z.coerce.number<string>() }) },
    { tags: ['email', 'room'] },
  )
  const Club = aggregate('club', fold(Lower, { initial: {} }), {
    join: (_, email: string) => Lower.Joined({ email, room: '7' }),
  })
  await using app = annals({ store: memory() })
  await expect(app.open(Club, '1').join('Ann@example.com')).rejects.toMatchObject({
    code: 'ANNALS_INVALID_EVENT',
    issues: [
      { path: 'email', message: expect.stringContaining('makes "ann@example.com" of') as string },
    ],
  })
  const { events: joined } = await app.open(Club, '1').join('ann@example.com')
  expect(joined[0]?.tags).toEqual(['email:ann@example.com', 'room:7'])
})

const dates = {
  zod: events({ Born: z.object({ on: z.coerce.date<string>(), late: z.string().optional() }) }),
  valibot: events({
    Born: v.object({
      on: v.pipe(
        v.string(),
        v.transform((text) => new Date(text)),
      ),
      late: v.optional(v.string()),
    }),
  }),
  arktype: events({ Born: type({ on: 'string.date.parse', 'late?': 'string' }) }),
}

for (const [library, Dates] of Object.entries(dates))
  test(`a date is stored as text and seen as a Date, with ${library}`, async () => {
    await using app = annals({ store: memory() })
    const Life = aggregate('life', fold(Dates, { initial: {} }), {
      begin: (_, on: string) => Dates.Born({ on }),
    })
    await app.open(Life, 'a').begin('1970-06-01T00:00:00Z')
    const [born] = await Array.fromAsync(app.read(Dates))
    expect(born?.data).toEqual({ on: new Date('1970-06-01T00:00:00Z') })
  })

test('a date that reading would not give back is refused, with what to take instead', async () => {
  const Dates = events({ Born: z.object({ on: z.date() }) })
  const Life = aggregate('life', fold(Dates, { initial: 0 }), {
    begin: () => Dates.Born({ on: new Date(0) }),
  })
  await using app = annals({ store: memory() })
  await expect(app.open(Life, 'a').begin()).rejects.toMatchObject({
    code: 'ANNALS_NOT_JSON',
    issues: [{ path: 'on', message: expect.stringContaining('z.coerce.date()') as string }],
  })
})

test('a state is the same in the command that decides and in a replay', async () => {
  const Renames = events({
    Renamed: z.object({ first: z.string().optional(), last: z.string().optional() }),
  })
  const initial = { first: 'Ann', last: 'Lee' } as {
    first?: string | undefined
    last?: string | undefined
  }
  const Names = fold(Renames, { initial, Renamed: (name, change) => ({ ...name, ...change }) })
  const Named = aggregate('named', Names, {
    rename: (_, first?: string, last?: string) => Renames.Renamed({ first, last }),
  })
  await using app = annals({ store: memory() })
  const { state } = await app.open(Named, '1').rename('Bo')
  expect(state).toStrictEqual({ first: 'Bo', last: 'Lee' })
  expect((await app.load(Named, '1')).state).toStrictEqual(state)
})

test('a property that is undefined is one that is left out, where the schema takes it so', async () => {
  const strict = events({ Noted: type({ 'note?': 'string' }) })
  const loose = events({ Noted: v.object({ note: v.optional(v.string()) }) })
  const noteOf = (Notes: typeof strict | typeof loose) =>
    aggregate('note', fold(Notes, { initial: {} }), {
      // arktype refuses a key that is there and undefined, which its type does not say
      take: () => Notes.Noted({ note: undefined as never }),
    })
  await using app = annals({ store: memory() })
  await expect(app.open(noteOf(strict), 'a').take()).rejects.toMatchObject({
    code: 'ANNALS_INVALID_EVENT',
    issues: [{ path: 'note' }],
  })
  expect((await app.open(noteOf(loose), 'b').take()).version).toBe(1)
})

test('a schema that throws is an error that names the event, in writing and in reading', async () => {
  const cause = new Error('out of range')
  const read = { broken: false }
  const Sizes = events({
    Sized: z.object({ size: z.number() }).transform((data) => {
      if (data.size < 0 || read.broken) throw cause
      return data
    }),
  })
  const Sized = aggregate('thing', fold(Sizes, { initial: {} }), {
    size: (_, size: number) => Sizes.Sized({ size }),
  })
  await using app = annals({ store: memory() })
  const refused = { code: 'ANNALS_INVALID_EVENT', cause }
  await expect(app.open(Sized, '1').size(-1)).rejects.toMatchObject(refused)
  await app.open(Sized, '1').size(1)
  read.broken = true
  await expect(app.load(Sized, '1')).rejects.toMatchObject({
    ...refused,
    message: expect.stringContaining('(thing/1, version 1)') as string,
  })
})

test('an event without data is told how to be declared', async () => {
  const Events = events({ Closed: z.void() })
  const Door = aggregate('door', fold(Events, { initial: {} }), {
    close: () => Events.Closed(undefined),
  })
  await using app = annals({ store: memory() })
  await expect(app.open(Door, '1').close()).rejects.toThrow('z.object({})')
})

test('a set that is merged of two that disagree is refused wherever it is used', async () => {
  const Renamed = events({ New: z.object({}) }, { renamed: { Old: 'New' } })
  const Old = events({ Old: z.object({}) })
  const Retired = events({ Other: z.object({}) }, { retired: ['Old'] })
  const declaredTwice = 'event Old is declared twice'
  const store = memory()
  const both = aggregate('both', fold({ ...Old, ...Renamed }, { initial: 0 }), {})
  expect(() => annals({ store, aggregates: [both] })).toThrow(declaredTwice)
  await using app = annals({ store })
  await expect(Array.fromAsync(app.read({ ...Renamed, ...Old }))).rejects.toThrow(declaredTwice)
  await expect(app.load(both, '1')).rejects.toThrow(declaredTwice)
  await expect(Array.fromAsync(app.read({ ...Old, ...Retired }))).rejects.toThrow('is retired')
})

test('a field of one kind of a payload is a tag of it', async () => {
  const Payments = events(
    { Paid: z.union([z.object({ card: z.string() }), z.object({ iban: z.string() })]) },
    { tags: ['card'] },
  )
  const Payer = aggregate('payer', fold(Payments, { initial: {} }), {
    pay: (_, by: { card: string } | { iban: string }) => Payments.Paid(by),
  })
  await using app = annals({ store: memory() })
  await app.open(Payer, '1').pay({ card: '42' })
  await app.open(Payer, '1').pay({ iban: 'DE1' })
  const paid = await Array.fromAsync(app.read(Payments, { tags: { card: '42' } }))
  expect(paid.map(({ version }) => version)).toEqual([1])
})
