import { satisfies, type Sortable } from '../../../src/adapters/memory/selecting.ts'
import type { Condition, Field, Selection } from '../../../src/store/documents.ts'
import { breaking, type Mutants } from '../proving.ts'
import { ruling, type Rules } from './ways.ts'

type Compare = (one: string, next: string) => number

const units: Compare = (one, next) => (one < next ? -1 : one > next ? 1 : 0)
const words: Compare = (one, next) => one.localeCompare(next)
const letters: Compare = (one, next) => units(one.toLowerCase(), next.toLowerCase())
const numbers: Compare = (one, next) => Number(one) - Number(next) || units(one, next)

/** How ranges are compared. */
function ranging(compare: Compare): Pick<Rules, 'satisfies'> {
  const within = (document: Sortable, condition: Condition): boolean => {
    if ('all' in condition) return condition.all.every((one) => within(document, one))
    if ('any' in condition) return condition.any.some((one) => within(document, one))
    if ('not' in condition) return !within(document, condition.not)
    if ('in' in condition) return satisfies(document, condition)
    const { from, after, until, before } = condition
    const text = textOf(document, condition.field)
    return (
      (from === undefined || compare(text, from) >= 0) &&
      (after === undefined || compare(text, after) > 0) &&
      (until === undefined || compare(text, until) <= 0) &&
      (before === undefined || compare(text, before) < 0)
    )
  }
  return { satisfies: within }
}

/** How texts are taken for the same. */
function finding(same: (one: string) => string): Pick<Rules, 'satisfies'> {
  const within = (document: Sortable, condition: Condition): boolean => {
    if ('all' in condition) return condition.all.every((one) => within(document, one))
    if ('any' in condition) return condition.any.some((one) => within(document, one))
    if ('not' in condition) return !within(document, condition.not)
    if (!('in' in condition)) return satisfies(document, condition)
    return condition.in.map(same).includes(same(textOf(document, condition.field)))
  }
  return { satisfies: within }
}

/** How documents are sorted. */
function sorting(compare: Compare): Pick<Rules, 'comparing'> {
  return {
    comparing: (order: Selection['order']) => (one, next) => {
      for (const { field, descending } of order) {
        const difference = compare(textOf(one, field), textOf(next, field))
        if (difference !== 0) return descending ? -difference : difference
      }
      return 0
    },
  }
}

function textOf({ key, fields }: Sortable, field: Field): string {
  return field === 'key' ? key : (fields[field] ?? '')
}

/** What is wrong with how documents are compared: a store that … */
export const rules: Mutants = {
  'takes a range by UTF-16 code units': breaking(
    [
      'a field lies in a range, by its code points',
      'a range may be closed on both sides, on one, or on none',
      'a selection is walked through a few at a time',
    ],
    ruling(ranging(units)),
  ),
  'takes a range by the words of a language': breaking(
    ['a field lies in a range, by its code points', 'conditions hold all, any, or not'],
    ruling(ranging(words)),
  ),
  'takes a range whatever the case': breaking(
    ['a field lies in a range, by its code points', 'conditions hold all, any, or not'],
    ruling(ranging(letters)),
  ),
  'takes a range of numbers': breaking(
    [
      'a field lies in a range, by its code points',
      'a range may be closed on both sides, on one, or on none',
      'a selection is walked through a few at a time',
    ],
    ruling(ranging(numbers)),
  ),
  'sorts documents by UTF-16 code units': breaking(
    [
      'documents are sorted by code points, up or down',
      'a limit gives the first of them, and a count knows of none',
    ],
    ruling(sorting(units)),
  ),
  'sorts documents by the words of a language': breaking(
    [
      'texts of 1,000 bytes are keys, tenants and fields',
      'documents are sorted by code points, up or down',
    ],
    ruling(sorting(words)),
  ),
  'sorts documents whatever the case': breaking(
    [
      'documents are sorted by code points, up or down',
      'a limit gives the first of them, and a count knows of none',
    ],
    ruling(sorting(letters)),
  ),
  'sorts documents as numbers': breaking(
    [
      'documents are sorted by code points, up or down',
      'a limit gives the first of them, and a count knows of none',
    ],
    ruling(sorting(numbers)),
  ),
  'sorts no documents': breaking(
    ['a field is one of thousands of texts', 'documents are sorted by code points, up or down'],
    ruling(sorting(() => 0)),
  ),
  'finds texts whatever the case': breaking(
    ['a field is one of some texts', 'conditions may be many, and deep'],
    ruling(finding((text) => text.toLowerCase())),
  ),
  'finds texts whatever space is around': breaking(
    [
      'a field is one of some texts',
      'conditions may be many, and deep',
      'a selection is walked through a few at a time',
    ],
    ruling(finding((text) => text.trim())),
  ),
  'finds texts by their first 400 characters': breaking(
    ['texts of 1,000 bytes are keys, tenants and fields'],
    ruling(finding((text) => text.slice(0, 400))),
  ),
  'finds texts with the same accents': breaking(
    ['a field is one of some texts'],
    ruling(finding((text) => text.normalize())),
  ),
  'finds texts as numbers': breaking(
    ['a field is one of some texts', 'a field is one of thousands of texts'],
    ruling(
      finding((text) =>
        text.trim() === '' || Number.isNaN(Number(text)) ? text : `${Number(text)}`,
      ),
    ),
  ),
  'finds texts as a pattern': breaking(
    ['a field is one of some texts'],
    ruling({
      satisfies: (document, condition) =>
        satisfies(document, condition) ||
        ('in' in condition &&
          condition.in.includes('%') &&
          textOf(document, condition.field) !== ''),
    }),
  ),
  'finds a document by what it was': breaking(
    [
      'a document that changes is found by what it is now',
      'texts of 1,000 bytes are keys, tenants and fields',
    ],
    ruling({
      keeping: ({ fields, ...document }, before) => ({
        key: document.key,
        fields: before?.fields ?? fields,
        document,
      }),
    }),
  ),
  'finds a document as it was': breaking(
    [
      'a document is found by its key, as it was written last',
      'a state of 8 MB is kept, and changed',
    ],
    ruling({
      keeping: ({ fields, ...document }, before) => ({
        key: document.key,
        fields,
        document: before?.document ?? document,
      }),
    }),
  ),
  'keeps six fields of a document': breaking(
    ['versions of a view have documents of their own, each with its fields'],
    ruling({
      keeping: ({ fields, ...document }) => ({
        key: document.key,
        fields: fields.slice(0, 6),
        document,
      }),
    }),
  ),
  'keeps 400 characters of a field': breaking(
    ['texts of 1,000 bytes are keys, tenants and fields'],
    ruling({
      keeping: ({ fields, ...document }) => ({
        key: document.key,
        fields: fields.map((text) => text.slice(0, 400)),
        document,
      }),
    }),
  ),
  'cuts a selection before it sorts it': breaking(
    [
      'documents are sorted by several fields, each up or down',
      'a limit gives the first of them, and a count knows of none',
      'a selection is walked through a few at a time',
    ],
    ruling({
      cut: (found, { order, limit }, { comparing }) =>
        found.slice(0, limit).toSorted(comparing(order)),
    }),
  ),
}
