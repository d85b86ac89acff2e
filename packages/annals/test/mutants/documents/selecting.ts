import type { Condition } from '../../../src/store/documents.ts'
import { breaking, type Mutants } from '../proving.ts'
import { omit } from '../ways.ts'
import { always, asking, fields, never, selecting, spoiling, type OfField } from './ways.ts'

type Range = Exclude<OfField, { readonly in: readonly string[] }>

/** Changes what ranges are asked for. */
function ranges(change: (range: Range) => Condition) {
  return fields((condition) => ('in' in condition ? condition : change(condition)))
}

/** What is wrong with how documents are selected: a store that … */
export const selections: Mutants = {
  'finds every document': breaking(
    ['a document that changes is found by what it is now', 'a field is one of thousands of texts'],
    asking(() => always),
  ),
  'finds no document': breaking(
    [
      'a document is found by its key, as it was written last',
      'a document that changes is found by what it is now',
    ],
    asking(() => never),
  ),
  'asks for the first of several texts': breaking(
    ['a field is one of some texts', 'a field is one of thousands of texts'],
    fields((one) => ('in' in one ? { ...one, in: one.in.slice(0, 1) } : one)),
  ),
  'asks for at most 1,000 texts': breaking(
    ['a field is one of thousands of texts'],
    fields((one) => ('in' in one ? { ...one, in: one.in.slice(0, 1_000) } : one)),
  ),
  'takes no texts for any text': breaking(
    ['a field is one of some texts', 'conditions hold all, any, or not'],
    fields((one) => ('in' in one && one.in.length === 0 ? always : one)),
  ),
  'finds nothing by an empty text': breaking(
    [
      'a field is one of some texts',
      'conditions may be many, and deep',
      'a selection is walked through a few at a time',
    ],
    fields((one) => ('in' in one ? { ...one, in: one.in.filter((text) => text !== '') } : one)),
  ),
  'finds nothing by a key': breaking(
    ['a key and a tenant may be any text', 'a field lies in a range, by its code points'],
    fields((one) => (one.field === 'key' ? never : one)),
  ),
  'looks at the first field for any': breaking(
    [
      'a document that changes is found by what it is now',
      'versions of a view have documents of their own, each with its fields',
    ],
    fields((one) => (typeof one.field === 'number' ? { ...one, field: 0 } : one)),
  ),
  'leaves out where a range begins': breaking(
    [
      'a field lies in a range, by its code points',
      'a range may be closed on both sides, on one, or on none',
      'conditions hold all, any, or not',
    ],
    ranges(({ from, ...range }) =>
      from === undefined ? range : { all: [range, { field: range.field, after: from }] },
    ),
  ),
  'takes in what a range comes after': breaking(
    [
      'a field lies in a range, by its code points',
      'a range may be closed on both sides, on one, or on none',
      'a selection is walked through a few at a time',
    ],
    ranges(({ after, ...range }) =>
      after === undefined ? range : { all: [range, { field: range.field, from: after }] },
    ),
  ),
  'leaves out where a range ends': breaking(
    [
      'a field lies in a range, by its code points',
      'a range may be closed on both sides, on one, or on none',
    ],
    ranges(({ until, ...range }) =>
      until === undefined ? range : { all: [range, { field: range.field, before: until }] },
    ),
  ),
  'takes in what a range comes before': breaking(
    [
      'a field lies in a range, by its code points',
      'a range may be closed on both sides, on one, or on none',
      'a selection is walked through a few at a time',
    ],
    ranges(({ before, ...range }) =>
      before === undefined ? range : { all: [range, { field: range.field, until: before }] },
    ),
  ),
  'takes one side of a range': breaking(
    ['a range may be closed on both sides, on one, or on none'],
    ranges((range) =>
      range.from === undefined && range.after === undefined
        ? range
        : omit(omit(range, 'until'), 'before'),
    ),
  ),
  'takes one bound of each side of a range': breaking(
    ['a range may be closed on both sides, on one, or on none'],
    ranges((range) => {
      const low = range.from === undefined ? range : omit(range, 'after')
      return low.until === undefined ? low : omit(low, 'before')
    }),
  ),
  'finds nothing in a range that is open': breaking(
    ['a range may be closed on both sides, on one, or on none'],
    ranges((range) => (Object.keys(range).length === 1 ? never : range)),
  ),
  'turns a range round that is the wrong way': breaking(
    ['a range may be closed on both sides, on one, or on none'],
    ranges(({ from, until, ...range }) =>
      from !== undefined && until !== undefined && until < from
        ? { ...range, from: until, until: from }
        : { ...range, ...(from !== undefined && { from }), ...(until !== undefined && { until }) },
    ),
  ),
  'sorts by one field': breaking(
    [
      'documents are sorted by several fields, each up or down',
      'a selection is walked through a few at a time',
    ],
    selecting(({ order }) => ({
      order: [...order.slice(0, 1), { field: 'key', descending: false }],
    })),
  ),
  'sorts by the key alone': breaking(
    [
      'documents are sorted by code points, up or down',
      'documents are sorted by several fields, each up or down',
      'a selection is walked through a few at a time',
    ],
    selecting(({ order }) => ({ order: order.slice(-1) })),
  ),
  'sorts up only': breaking(
    [
      'documents are sorted by code points, up or down',
      'documents are sorted by several fields, each up or down',
      'a selection is walked through a few at a time',
    ],
    selecting(({ order }) => ({
      order: order.map(({ field }) => ({ field, descending: false })),
    })),
  ),
  'sorts all fields in one direction': breaking(
    [
      'texts of 1,000 bytes are keys, tenants and fields',
      'documents are sorted by several fields, each up or down',
      'a selection is walked through a few at a time',
    ],
    selecting(({ order }) => ({
      order: order.map(({ field }) => ({ field, descending: order[0]?.descending ?? false })),
    })),
  ),
  'sorts keys up only': breaking(
    [
      'documents are sorted by code points, up or down',
      'documents are sorted by several fields, each up or down',
      'a selection is walked through a few at a time',
    ],
    selecting(({ order }) => ({
      order: order.map((one) => (one.field === 'key' ? { ...one, descending: false } : one)),
    })),
  ),
  'gives documents without end': breaking(
    [
      'documents are sorted by several fields, each up or down',
      'a limit gives the first of them, and a count knows of none',
    ],
    selecting(() => ({ limit: 10_000 })),
  ),
  'gives at most 100 documents': breaking(
    [
      'documents are sorted by several fields, each up or down',
      'a limit gives the first of them, and a count knows of none',
    ],
    selecting(({ limit }) => ({ limit: Math.min(limit, 100) })),
  ),
  'gives one document at least': breaking(
    ['a limit gives the first of them, and a count knows of none'],
    selecting(({ limit }) => ({ limit: Math.max(limit, 1) })),
  ),
  'gives one document more than asked for': breaking(
    [
      'documents are sorted by several fields, each up or down',
      'a limit gives the first of them, and a count knows of none',
    ],
    selecting(({ limit }) => ({ limit: limit + 1 })),
  ),
  'counts a page of documents': breaking(
    [
      'all of no conditions is always so, and any of none never',
      'a limit gives the first of them, and a count knows of none',
    ],
    spoiling((documents) => ({
      count: async (model, selection) => Math.min(await documents.count(model, selection), 100),
    })),
  ),
  'counts all documents': breaking(
    ['tenants have documents of their own', 'a field is one of thousands of texts'],
    spoiling((documents) => ({
      count: (model, selection) => documents.count(model, { ...selection, where: always }),
    })),
  ),
  'counts one document too many': breaking(
    ['tenants have documents of their own', 'a field is one of thousands of texts'],
    spoiling((documents) => ({
      count: async (model, selection) => (await documents.count(model, selection)) + 1,
    })),
  ),
}
