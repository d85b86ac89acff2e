import type { StreamName } from '../../src/store/store.ts'
import { appending, drafting, querying, naming } from './ways.ts'
import type { Mutate } from './ways.ts'

function joined({ category, id }: StreamName): StreamName {
  return { category: 'all', id: category + id }
}

/** What is kept wrong: data, names, tenants. */
export const contents: Readonly<Record<string, Mutate>> = {
  'parses data and writes it anew': drafting((draft) => ({
    ...draft,
    data: draft.data && JSON.stringify(JSON.parse(draft.data)),
  })),
  'loses the keys of Object.prototype': drafting((draft) => ({
    ...draft,
    data: draft.data.replaceAll('__proto__', ''),
  })),
  'unescapes what it keeps': drafting((draft) => ({
    ...draft,
    data: draft.data.replaceAll(/\\u(\w{4})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    ),
  })),
  'keeps three bytes of unicode': drafting((draft) => ({
    ...draft,
    data: draft.data.replaceAll(/[\u{10000}-\u{10ffff}]/gu, '?'),
  })),
  'normalises accents': drafting((draft) => ({ ...draft, data: draft.data.normalize() })),
  'names in lower case': naming((name) => name.toLowerCase()),
  'trims names': naming((name) => name.trim() || name),
  'drops half surrogate pairs': naming((name) => name.toWellFormed().replaceAll('\0', '')),
  'runs category and id together': (store) => {
    return {
      append: (append, options) =>
        store.append(
          {
            ...append,
            drafts: append.drafts.map((draft) => ({ ...draft, stream: joined(draft.stream) })),
          },
          options,
        ),
    }
  },
  'sorts tags': drafting((draft) => ({ ...draft, tags: draft.tags.toSorted() })),
  'has one tenant': appending((append) => ({ ...append, tenant: '' })),
  'reads across tenants': querying(({ filters }) => ({ tenant: undefined, filters })),
  'reads no tenants together': querying(({ tenant = '', filters }) => ({ tenant, filters })),
  'takes no tenant for all': querying(({ tenant, filters }) => ({
    tenant: tenant === '' ? undefined : tenant,
    filters,
  })),
}
