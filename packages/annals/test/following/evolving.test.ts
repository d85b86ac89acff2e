import { aggregate, annals, events, fold, subscription, versioned, view, type App } from 'annals'
import { parked, retry } from 'annals/operations'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { stores } from './stores.ts'
import { eventually } from './waiting.ts'

const Name = z.object({ name: z.string() })
const Names = z.object({ first: z.string(), last: z.string() })

/** The events as the program declared them at first, and as it does now. */
const Old = events({ PersonWasNamed: Name, PersonPoked: z.object({}) })
const Now = events(
  {
    Named: versioned(Name).upcast(Names, ({ name }) => {
      const [first = '', last = ''] = name.split(' ')
      return { first, last }
    }),
  },
  { renamed: { PersonWasNamed: 'Named' }, retired: ['PersonPoked'] },
)

const OldPerson = aggregate('person', fold(Old, { initial: {} }), {
  name: (_, name: string) => Old.PersonWasNamed({ name }),
  poke: () => Old.PersonPoked({}),
})
const Person = aggregate('person', fold(Now, { initial: {} }), {
  name: (_, first: string, last: string) => Now.Named({ first, last }),
})

const People = view(
  'people',
  fold(Now, {
    initial: { names: [] as readonly string[] },
    Named: ({ names }, { first, last }) => ({ names: [...names, `${last}, ${first}`] }),
  }),
)

/** Knows no surnames yet: what the newer program writes it cannot read. */
const Older = events(
  { Named: Name },
  { renamed: { PersonWasNamed: 'Named' }, retired: ['PersonPoked'] },
)

/** Puts aside what cannot be read, and asks for it again as long as there is any. */
async function retriedAll(app: App): Promise<void> {
  await eventually(async () => {
    const aside = await parked(app)
    for (const event of aside) if (event.attempts > 0 && !event.request) await retry(app, event)
    return aside
  }).toEqual([])
}

describe.each(stores)('$name', ({ at }) => {
  test('what follows sees old events as the program declares them now, and passes those that are retired', async () => {
    await using place = await at()
    await using before = annals({ store: place.open() })
    await before.open(OldPerson, 'p').name('Ann Lee')
    await before.open(OldPerson, 'p').poke()
    const seen: unknown[] = []
    const Seen = subscription('seen', Now, {
      Named: ({ type, data }) => void seen.push([type, data]),
    })
    await using app = annals({ store: place.open(), background: [People, Seen] })
    await app.start()
    await app.open(Person, 'p').name('Ann', 'Hill')
    await app.caughtUp()
    expect(seen).toEqual([
      ['Named', { first: 'Ann', last: 'Lee' }],
      ['Named', { first: 'Ann', last: 'Hill' }],
    ])
    expect(await app.find(People, 'p')).toEqual({ names: ['Lee, Ann', 'Hill, Ann'] })
  })

  test('what a program cannot read is handled by the one that can, in whichever queue it is', async () => {
    await using place = await at()
    const seen: string[] = []
    const older = subscription('seen', Older, {
      retry: { attempts: 1 },
      by: ({ data }) => data.name,
      Named: ({ data }) => void seen.push(data.name),
    })
    const newer = subscription('seen', Now, {
      retry: { attempts: 1 },
      by: ({ data }) => `${data.first} ${data.last}`,
      Named: ({ data }) => void seen.push(`${data.first} ${data.last}`),
    })
    await using before = annals({ store: place.open() })
    await before.open(OldPerson, 'p').name('Ann Lee')
    await before.open(Person, 'p').name('Bob', 'Lee')
    await before.open(Person, 'q').name('Cid', 'Lee')
    {
      await using app = annals({ store: place.open(), background: [older] })
      await app.start()
      await app.caughtUp({ timeout: '200ms' }).catch(() => undefined) // or it stands before what it cannot read
    }
    await using app = annals({ store: place.open(), background: [newer] })
    await app.start()
    await retriedAll(app)
    await app.caughtUp()
    expect(seen.toSorted()).toEqual(['Ann Lee', 'Bob Lee', 'Cid Lee'])
  })

  test('what a view could not read is in its documents when it can, whatever came after it', async () => {
    await using place = await at()
    const older = view(
      'people',
      fold(Older, {
        initial: { names: [] as readonly string[] },
        Named: ({ names }, { name }) => ({ names: [...names, name] }),
      }),
      { by: () => 'all', slices: 2, retry: { attempts: 1 } },
    )
    const newer = view(
      'people',
      fold(Now, {
        initial: { names: [] as readonly string[] },
        Named: ({ names }, { first, last }) => ({ names: [...names, `${first} ${last}`] }),
      }),
      { by: () => 'all', slices: 2 },
    )
    await using before = annals({ store: place.open() })
    await before.open(Person, 'p').name('Ann', 'Lee')
    const Plain = aggregate('person', fold(Older, { initial: {} }), {
      name: (_, name: string) => Older.Named({ name }),
    })
    await before.open(Plain, 'q').name('Bob Lee')
    {
      await using app = annals({ store: place.open(), background: [older] })
      await app.start()
      await app.caughtUp({ timeout: '200ms' }).catch(() => undefined) // as above
    }
    await using app = annals({ store: place.open(), background: [newer] })
    await app.start()
    await retriedAll(app)
    await app.caughtUp()
    expect(await app.find(newer, 'all')).toEqual({ names: ['Ann Lee', 'Bob Lee'] })
  })

  test('what `by` fails for is not lost when `by` is mended', async () => {
    await using place = await at()
    let broken = true
    const ByName = view(
      'by-name',
      fold(Now, {
        initial: { names: [] as readonly string[] },
        Named: ({ names }, { first }) => ({ names: [...names, first] }),
      }),
      {
        retry: { attempts: 1 },
        by: ({ data, stream }) => {
          if (broken && stream.id === 'p') throw new Error('no key')
          return data.last
        },
      },
    )
    await using before = annals({ store: place.open() })
    await before.open(Person, 'p').name('Ann', 'Lee')
    await before.open(Person, 'q').name('Bob', 'Lee')
    {
      await using app = annals({ store: place.open(), background: [ByName] })
      await app.start()
      await app.caughtUp({ timeout: '200ms' }).catch(() => undefined) // as above
    }
    broken = false
    await using app = annals({ store: place.open(), background: [ByName] })
    await app.start()
    await retriedAll(app)
    await app.caughtUp()
    expect(await app.find(ByName, 'Lee')).toEqual({ names: ['Ann', 'Bob'] })
  })
})
