import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test } from 'vitest'
import { memory } from '../src/adapters/memory/index.ts'
import { sqlite } from '../src/adapters/sqlite/index.ts'
import { storeContract } from '../src/testing/contracts/store.ts'
import { broken, mutants, stopLeaks } from './mutants.ts'
import { kept } from './mutants/proving.ts'
import { transactions } from './mutants/transactions.ts'
import type { Mutate } from './mutants/ways.ts'
import { inFile } from './places.ts'

// A promise that nobody can break proves nothing: a store that … breaks these promises.
const breaks: Readonly<Record<string, readonly string[]>> = {
  'ignores guards of streams': [
    'a guard of none lets the first append in and refuses a second one',
    'a guard of a version lets an append in at that version only',
    'of six racers to create a stream one wins, in 1,000 rounds',
    'of six racers at one version one wins, in 200 rounds',
    'a broken guard of one stream keeps the events of all out',
    'racers over several streams win whole or not at all',
    'an append that was refused leaves its ids free',
    'an append that is refused leaves its key free',
  ],
  'ignores guards of streams it does not write': [
    'a stream that is only checked stops an append once it has moved',
    'a decision and a guard of a stream hold together',
    'a key with no event still asks its guard',
  ],
  'takes some for any': ['a guard of some wants a stream with an event'],
  'takes a version for at most that version': [
    'a version that is ahead conflicts and leaves no hole',
  ],
  'refuses an append while another is on its way': [
    'fifty writers without a guard all get in, and leave no hole',
    'appends over the same streams in opposite orders all finish',
  ],
  'numbers all events of the log': ['a stream has the versions 1, 2, 3 … whatever comes between'],
  'appends one event after another, each on its own': [
    'a broken guard of one stream keeps the events of all out',
  ],
  'writes the events of an append stream by stream': [
    'an append over several streams keeps the order of its events',
  ],
  'gives back nothing of an append': ['an append gives back its events as they are read later'],
  'says that a refused append is done': [
    'a guard that is no version is refused, and so is an append of nothing',
    'a byte more than 16 MiB is refused, with all of its append',
    'a stored id with other content is refused',
    'an append of which only some ids are stored is refused',
    'an id belongs to one tenant',
    'an id that is twice in one append, or is no UUID, is refused',
  ],
  'takes at most 999 events': [
    'an append takes 1,000 events',
    'an append takes 10,001 events',
    'an append takes 70,000 events',
  ],
  'cuts data at 10,000 characters': [
    'data and metadata of one byte and of 16 MiB are kept',
    'data and metadata are kept to the letter: 10,000 levels of nesting',
  ],
  'cuts names at 400 characters': ['a name of 1,000 bytes is kept, and one of 1,001 refused'],
  'keeps 100 tags of an event': ['an event may carry 10,000 tags, and is found by each'],
  'asks at most 1,000 filters and types': ['a query may have 10,000 filters, or 10,000 types'],
  'adds what is sent again': [
    'the same append again gives the first result and adds nothing',
    'the same append twice at the same time is there once',
  ],
  'asks a guard before it looks for the ids': [
    'the same append again gives the first result though its guard no longer holds',
  ],
  'parses data and writes it anew': [
    'data and metadata are kept to the letter: numbers beyond 2^53, and decimals',
    'data and metadata are kept to the letter: keys in their order, also twice, and space between',
    'data and metadata are kept to the letter: line ends of every kind',
  ],
  'loses the keys of Object.prototype': [
    'data and metadata are kept to the letter: keys of Object.prototype',
  ],
  'unescapes what it keeps': [
    'data and metadata are kept to the letter: NUL and other control characters',
    'data and metadata are kept to the letter: half a surrogate pair, escaped',
  ],
  'keeps three bytes of unicode': [
    'data and metadata are kept to the letter: four bytes of unicode',
  ],
  'normalises accents': ['data and metadata are kept to the letter: both forms of an accent'],
  'names in lower case': ['names that only look alike are different'],
  'trims names': ['names that only look alike are different', 'a key of any text is kept apart'],
  'drops half surrogate pairs': [
    'NUL, half a surrogate pair, and no text at all are refused in every name',
  ],
  'runs category and id together': ['a stream is its category and its id, not both run together'],
  'sorts tags': [
    'a category, an id, a type, a tag and a tenant may be any text',
    'tags keep their order, and are found whole only',
  ],
  'has one tenant': [
    'each tenant has streams of its own under the same names',
    'a guard looks at the streams of its own tenant only',
    'a decision looks at its own tenant only',
  ],
  'reads across tenants': ['no tenant is a tenant of its own, and sees no other'],
  'takes no tenant for all': ['no tenant is a tenant of its own, and sees no other'],
  'reads no tenants together': ['a query without a tenant reads across all of them'],
  'reads pages in the other order': ['what a follower has passed never changes'],
  'loses the last event of a page': ['an append is settled once nothing else is on its way'],
  'loses the second page': ['a page holds no more events than asked for, 1,000 if nothing is'],
  'gives an event twice': ['a query of several filters finds what matches any of them, once'],
  'loses an event now and then': [
    'followers miss nothing, double nothing and invert nothing while 24 writers append',
  ],
  'has one place for all reads': [
    'followers miss nothing, double nothing and invert nothing while 24 writers append',
    'reads that go on side by side do not disturb each other',
  ],
  'refuses appends while a read goes on': [
    'an event that comes during the read of a decision is seen by it, or stops it',
    'a read may end early, and holds no append up meanwhile',
  ],
  'reads pages of any size': ['a page holds no more events than asked for, 1,000 if nothing is'],
  'ignores page': ['a page holds no more events than asked for, 1,000 if nothing is'],
  'ignores after': ['after leaves its position out, and until takes it in'],
  'ignores until': ['after leaves its position out, and until takes it in'],
  'takes any option of a read': ['an option of a read that cannot work is refused'],
  'ignores limit': ['a limit takes so many from the end where the read begins'],
  'ignores backwards': ['a limit takes so many from the end where the read begins'],
  'ignores versions': ['a stream is read from a version to a version'],
  'ignores the signal of a read': ['an aborted read stops with the reason of its signal'],
  'ignores the signal of an append': ['an append that is aborted before it begins writes nothing'],
  'filters no category': ['a query of a category finds its events'],
  'filters no id': ['a query of a stream finds its events'],
  'filters no types': [
    'a query of types finds events of any of them',
    'a query of a category, a type and a tag finds events that have all three',
  ],
  'filters no tags': ['a query of a tag finds the events that carry it'],
  'looks for one of several tags': [
    'a query of several tags finds the events that carry all of them',
  ],
  'looks at one filter': ['a query of several filters finds what matches any of them, once'],
  'finds everything without filters': [
    'a query of what is not there finds nothing, nor does one without filters',
  ],
  'ignores decisions': [
    'a decision by type looks at that type only',
    'a decision by tag looks at that tag only',
    'a decision by several tags looks for all of them on one event',
    'a decision on anything is stopped by anything',
    'a decision may match its own events, but not the same again',
  ],
  'stops a decision at anything': [
    'decisions on different tags are both kept',
    'a decision by type looks at that type only',
    'a decision by tag looks at that tag only',
    'a decision by several tags looks for all of them on one event',
  ],
  'asks one filter of a decision': ['a decision by several filters looks for any of them'],
  'asks a decision before the append, not with it': [
    'of eight decisions on the same events one is kept',
    'of 200 claims of a unique name one wins',
    'two decisions that read what the other writes are not both kept',
  ],
  'forgets what a decision saw': [
    'what a decision has seen above the settled position does not stop it',
  ],
  'takes what a decision saw for all there was': [
    'what a decision has seen above the settled position does not stop it',
  ],
  'ignores the epoch': ['a boundary of another database is refused'],
  'has the epoch of every other': ['each database has an epoch of its own'],
  'forgets keys': [
    'a key is remembered with its append',
    'the same request again conflicts, and another one under its key is a mistake',
    'of six racers with one key one has its effect',
  ],
  'remembers keys with events only': ['a key may be remembered with no event'],
  'remembers the first key only': ['an append may carry keys of several streams, all or none'],
  'remembers keys for ever': ['a key is forgotten when its time is over, and not before'],
  'forgets keys in an hour': ['a key is forgotten when its time is over, and not before'],
  'shares keys between streams': ['a key counts for one stream of one tenant'],
  'knows one key of a stream': ['a key of any text is kept apart'],
  'takes every fingerprint for the same': [
    'the same request again conflicts, and another one under its key is a mistake',
  ],
  'asks a key before the ids': [
    'the ids of an append are asked before its key, and its key before its guard',
  ],
  'keeps the last event of each page from its followers': [
    'a follower is given every event that matches, in the order of positions',
    'a query that matches one event in many finds it',
  ],
  'ignores the limit of a follower': ['a page holds as much as was asked for, where it is there'],
  'gives one event at a time': ['a page holds as much as was asked for, where it is there'],
  'stays where nothing matches': [
    'a query that matches nothing goes on to where the log is settled',
  ],
  'goes on where nothing has come': ['where nothing has come there is nothing, and no way on'],
  'begins one event too late': ['who goes on from a position misses nothing after it'],
  'keeps large events from its followers': ['large events come in smaller pages, all of them'],
  'passes an event now and then': [
    'following misses nothing, doubles nothing and inverts nothing while 24 writers append',
  ],
  'takes any option of a follower': ['an option of a follower that cannot work is refused'],
  'has its head where it began': [
    'the watermark is what is settled, with the last position and nobody in the way',
  ],
  'follows any history': ['a follower of another history is refused'],
  'ignores the signal of a follower': [
    'a follower that is aborted is told the reason of its signal',
  ],
  'settles nothing': [
    'an append is settled once nothing else is on its way',
    'a refused append holds no follower up',
  ],
  'settles too early': [
    'the settled position never goes back, and nothing new comes at or below it',
  ],
  'settles to and fro': [
    'the settled position never goes back, and nothing new comes at or below it',
  ],
  'wakes whoever asks': [
    'who waits for the log to grow is woken by an append of any store, and by nothing else',
  ],
  'wakes nobody who waits': [
    'who waits for the log to grow is woken by an append of any store, and by nothing else',
  ],
  'wakes on, whatever the signal says': ['a wait ends with its signal, and when its store closes'],
  'follows the clock back': ['recorded time never goes back, though the clock does'],
  'has no time': ['an event carries the time of its append'],
  'makes its tables again and again': [
    'a store in use lacks no table, and keeps what it has when it is migrated',
  ],
  'goes on when it is closed': ['a closed store says so, whatever it is asked'],
  'closes once only': ['closing twice is fine, also at the same time, also by disposal'],
  'drops what is on its way when it closes': ['closing waits for appends on their way'],
  'goes on reading when it is closed': [
    'a read that its store leaves by closing ends with an error',
  ],
  'leaves a timer behind': ['opening and closing again and again leaves nothing behind'],
}

const breaksOfTransactions: Readonly<Record<string, readonly string[]>> = {
  'appends beside the transaction of the caller': [
    'an append in a transaction of the caller is there when that commits',
  ],
  'commits the transaction of the caller': [
    'an append in a transaction that is rolled back leaves nothing',
  ],
  'rolls the transaction of the caller back when it refuses': [
    'a refused append leaves the transaction of the caller as it was',
  ],
  'reads beside the transaction of the caller': [
    'a transaction sees what it has written, and nobody else does',
  ],
  'passes what is not committed yet': ['no follower passes an append whose transaction is open'],
}

const remembering = 'what was written is there when the store is opened again'

afterEach(stopLeaks)

for (const [name, sentences] of Object.entries(breaks))
  test.for(sentences)(`a store that ${name} fails: %s`, async (sentence) => {
    const open = broken(mutant(mutants, name))
    expect(await kept(storeContract, sentence, () => ({ open, cycles: 20 }))).toBe(false)
  })

for (const [name, sentences] of Object.entries(breaksOfTransactions))
  test.for(sentences)(`a store that ${name} fails: %s`, async (sentence) => {
    const mutate = mutant(transactions, name)
    const place = () =>
      inFile((path, options) => {
        const open = () => sqlite(path, { ...options, timeout: '50ms' })
        return broken(mutate, open)(options)
      }, DatabaseSync)
    expect(await kept(storeContract, sentence, place)).toBe(false)
  })

test(`a store that forgets when it is opened again fails: ${remembering}`, async () => {
  expect(await kept(storeContract, remembering, () => ({ open: memory, shared: true }))).toBe(false)
})

test('every promise of the store contract is broken by a mutant, and every mutant breaks one', () => {
  const all = { ...breaks, ...breaksOfTransactions }
  const proven = new Set([...Object.values(all).flat(), remembering])
  expect([...proven].toSorted()).toEqual(Object.keys(storeContract.promises).toSorted())
  expect(Object.keys(all).toSorted()).toEqual(
    Object.keys({ ...mutants, ...transactions }).toSorted(),
  )
})

function mutant(all: Readonly<Record<string, Mutate>>, name: string): Mutate {
  const mutate = all[name]
  if (!mutate) throw new Error(`no mutant ${name}`)
  return mutate
}
