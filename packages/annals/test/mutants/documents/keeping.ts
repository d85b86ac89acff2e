import type { DocumentChange } from '../../../src/store/documents.ts'
import type { ProcessorName } from '../../../src/store/ledger.ts'
import { working, writing } from '../ledger/ways.ts'
import { breaking, type Mutants } from '../proving.ts'
import type { Mutate } from '../ways.ts'
import { spoiling } from './ways.ts'

/** Changes the state of documents. */
function stating(change: (state: string) => string): Mutate {
  return writing((document) => ({ ...document, state: change(document.state) }))
}

/** Changes keys and tenants, wherever they are given. */
function naming(change: (name: string) => string): Mutate {
  return (store, options) => ({
    ...writing((document) => renamed(document, change))(store, options),
    ...spoiling((documents) => ({
      find: (model, key) => documents.find(model, renamed(key, change)),
      select: (model, selection) =>
        documents.select(model, { ...selection, tenant: change(selection.tenant) }),
      count: (model, selection) =>
        documents.count(model, { ...selection, tenant: change(selection.tenant) }),
    }))(store, options),
  })
}

function renamed<Named extends Pick<DocumentChange, 'tenant' | 'key'>>(
  named: Named,
  change: (name: string) => string,
): Named {
  return { ...named, tenant: change(named.tenant), key: change(named.key) }
}

/** Changes for which version of a view documents are kept and found. */
function modelling(change: (model: ProcessorName) => ProcessorName): Mutate {
  return (store, options) => ({
    ...working((work) => ({ ...work, model: change(work.model) }))(store, options),
    ...spoiling((documents) => ({
      find: (model, key) => documents.find(change(model), key),
      select: (model, selection) => documents.select(change(model), selection),
      count: (model, selection) => documents.count(change(model), selection),
    }))(store, options),
  })
}

/** What is wrong with how documents are kept: a store that … */
export const keeping: Mutants = {
  'keeps a document as it was written first': breaking(
    [
      'a document is found by its key, as it was written last',
      'a document that changes is found by what it is now',
    ],
    working((work) => ({
      ...work,
      change: (before) => work.change(before).filter((document) => !before(document)),
    })),
  ),
  'keeps the first document of a page': breaking(
    ['a document that changes is found by what it is now', 'a key and a tenant may be any text'],
    working((work) => ({
      ...work,
      change: (before) => work.change(before).slice(0, 1),
    })),
  ),
  'keeps positions in 32 bits': breaking(
    ['a document is found by its key, as it was written last'],
    writing((document) => ({
      ...document,
      position: document.position | 0,
    })),
  ),
  'finds a document that is not there': breaking(
    [
      'a document is found by its key, as it was written last',
      'tenants have documents of their own',
    ],
    spoiling((documents) => ({
      find: async (model, key) =>
        (await documents.find(model, key)) ?? { ...key, state: 'null', position: 0 },
    })),
  ),
  'finds no document by its key': breaking(
    [
      'a state is kept to the letter: four bytes of unicode',
      'a state is kept to the letter: half a surrogate pair, escaped',
    ],
    spoiling(() => ({ find: async () => undefined })),
  ),
  'gives a selection without states': breaking(
    [
      'a document is found by its key, as it was written last',
      'a state of 8 MB is kept, and changed',
    ],
    spoiling((documents) => ({
      select: async (model, selection) =>
        (await documents.select(model, selection)).map((one) => ({ ...one, state: '{}' })),
    })),
  ),
  'cuts states at 1,000,000 characters': breaking(
    ['a state of 8 MB is kept, and changed'],
    stating((state) => state.slice(0, 1_000_000)),
  ),
  'keeps a long state as it was first': breaking(
    ['a state of 8 MB is kept, and changed'],
    working((work) => ({
      ...work,
      change: (before) =>
        work.change(before).map((one) => ({
          ...one,
          state: (one.state.length > 1e6 && before(one)?.state) || one.state,
        })),
    })),
  ),
  'parses states and writes them anew': breaking(
    [
      'a state is kept to the letter: numbers beyond 2^53, and decimals',
      'a state is kept to the letter: keys in their order, also twice, and space between',
    ],
    stating((state) => {
      try {
        return JSON.stringify(JSON.parse(state))
      } catch {
        return 'null' // too deep
      }
    }),
  ),
  'takes states at most 1,000 levels deep': breaking(
    ['a state is kept to the letter: 10,000 levels of nesting'],
    stating((state) => (state.startsWith('['.repeat(1_000)) ? 'null' : state)),
  ),
  'loses the keys of Object.prototype in states': breaking(
    [
      'a state is kept to the letter: keys of Object.prototype',
      'a key and a tenant may be any text',
    ],
    stating((state) => state.replaceAll('__proto__', '')),
  ),
  'unescapes states': breaking(
    [
      'a state is kept to the letter: NUL and other control characters',
      'a state is kept to the letter: half a surrogate pair, escaped',
    ],
    stating((state) =>
      state.replaceAll(/\\u(\w{4})/g, (_, code: string) =>
        String.fromCharCode(Number.parseInt(code, 16)),
      ),
    ),
  ),
  'keeps three bytes of unicode in states': breaking(
    ['a state is kept to the letter: four bytes of unicode', 'a key and a tenant may be any text'],
    stating((state) => state.replaceAll(/[\u{10000}-\u{10ffff}]/gu, '?')),
  ),
  'normalises accents in states': breaking(
    ['a state is kept to the letter: both forms of an accent'],
    stating((state) => state.normalize()),
  ),
  'has lines of states end in one way': breaking(
    ['a state is kept to the letter: line ends of every kind'],
    stating((state) => state.replaceAll('\r\n', '\n')),
  ),
  'keeps keys and tenants in lower case': breaking(
    ['a key and a tenant may be any text', 'documents are sorted by code points, up or down'],
    naming((name) => name.toLowerCase()),
  ),
  'trims keys and tenants': breaking(
    ['a key and a tenant may be any text', 'documents are sorted by code points, up or down'],
    naming((name) => name.trim()),
  ),
  'keeps 400 characters of keys and tenants': breaking(
    ['texts of 1,000 bytes are keys, tenants and fields'],
    naming((name) => name.slice(0, 400)),
  ),
  'keeps the documents of all tenants together': breaking(
    [
      'a key and a tenant may be any text',
      'texts of 1,000 bytes are keys, tenants and fields',
      'tenants have documents of their own',
    ],
    writing((document) => ({
      ...document,
      tenant: 'acme',
    })),
  ),
  'keeps the documents of all versions of a view together': breaking(
    ['versions of a view have documents of their own, each with its fields'],
    modelling(({ name }) => ({
      name,
      version: '1',
    })),
  ),
  'runs view and version together': breaking(
    ['versions of a view have documents of their own, each with its fields'],
    modelling(({ name, version }) => ({
      name: `${name}${version}`.replaceAll(/[^a-z]/g, '').slice(0, 6),
      version: '1',
    })),
  ),
  'finds the documents of any tenant': breaking(
    ['tenants have documents of their own'],
    spoiling((documents) => ({
      find: async (model, { tenant, key }) =>
        (await documents.find(model, { tenant, key })) ??
        documents.find(model, { tenant: '', key }),
    })),
  ),
  'selects the documents of one tenant': breaking(
    [
      'a document is found by its key, as it was written last',
      'a document that changes is found by what it is now',
    ],
    spoiling((documents) => ({
      select: (model, selection) => documents.select(model, { ...selection, tenant: 'a' }),
    })),
  ),
  'counts the documents of one tenant': breaking(
    ['tenants have documents of their own', 'a field is one of thousands of texts'],
    spoiling((documents) => ({
      count: (model, selection) => documents.count(model, { ...selection, tenant: 'a' }),
    })),
  ),
}
