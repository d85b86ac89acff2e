import { expect, test } from 'vitest'
import { serverUrl } from '../../../test/postgres-place.ts'
import { postgres } from './index.ts'

const wrong: readonly [name: string, options: object, message: RegExp][] = [
  ['a schema in capitals', { schema: 'Annals' }, /schema is "Annals"; it takes small letters/],
  ['a schema of the system', { schema: 'pg_annals' }, /does not begin with pg_/],
  ['a schema that is too long', { schema: 'a'.repeat(57) }, /at most 56/],
  ['a schema with a quote', { schema: 'a"; drop schema b; --' }, /it takes small letters/],
  ['a timeout that is no duration', { timeout: 5 }, /timeout is 5; it takes a duration/],
  ['an answer that is no duration', { answer: 'soon' }, /answer is "soon"/],
  ['a prepare that is neither', { prepare: 'no' }, /prepare is true or false/],
  ['a migrate that is neither', { migrate: 1 }, /migrate is true or false/],
  ['a listen that is no URL', { listen: 'localhost' }, /listen takes a URL/],
  ['a keepOnce that is no duration', { keepOnce: '1 day' }, /keepOnce is "1 day"/],
  ['a clock that is none', { clock: new Date() }, /clock must be a function/],
  [
    'an option that there is not',
    { shcema: 'a' },
    /has no option shcema; it takes schema, migrate/,
  ],
]

test.each(wrong)('%s is refused at once', (_, options, message) => {
  const open = () => postgres(serverUrl, options)
  expect(open).toThrow(expect.objectContaining({ code: 'ANNALS_OPTION' }))
  expect(open).toThrow(message)
})
