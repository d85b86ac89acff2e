import type { Condition } from '../../../src/store/documents.ts'
import { breaking, type Mutants } from '../proving.ts'
import { always, asking, conditions, never } from './ways.ts'

/** What is wrong with conditions that hold all, any, or not: a store that … */
export const combinations: Mutants = {
  'takes all conditions for any of them': breaking(
    [
      'conditions hold all, any, or not',
      'all of no conditions is always so, and any of none never',
    ],
    conditions((one) => ('all' in one && one.all.length > 0 ? { any: one.all } : one)),
  ),
  'takes any of several conditions for all': breaking(
    [
      'conditions hold all, any, or not',
      'all of no conditions is always so, and any of none never',
    ],
    conditions((one) => ('any' in one && one.any.length > 0 ? { all: one.any } : one)),
  ),
  'takes not for so': breaking(
    [
      'tenants have documents of their own',
      'documents are sorted by several fields, each up or down',
    ],
    conditions((one) => ('not' in one ? one.not : one)),
  ),
  'turns conditions round within not': breaking(
    [
      'conditions hold all, any, or not',
      'all of no conditions is always so, and any of none never',
    ],
    conditions((one) => {
      if (!('not' in one)) return one
      if ('all' in one.not) return { all: one.not.all.map((inner) => ({ not: inner })) }
      if ('any' in one.not) return { any: one.not.any.map((inner) => ({ not: inner })) }
      return one
    }),
  ),
  'finds nothing by not, where a text is empty': breaking(
    [
      'conditions hold all, any, or not',
      'conditions may be many, and deep',
      'documents are sorted by several fields, each up or down',
    ],
    conditions((one) =>
      'not' in one && 'field' in one.not
        ? { all: [one, { not: { field: one.not.field, in: [''] } }] }
        : one,
    ),
  ),
  'takes all of no conditions for never': breaking(
    [
      'a document is found by its key, as it was written last',
      'a state of 8 MB is kept, and changed',
    ],
    conditions((one) => ('all' in one && one.all.length === 0 ? never : one)),
  ),
  'takes any of no conditions for always': breaking(
    ['all of no conditions is always so, and any of none never'],
    conditions((one) => ('any' in one && one.any.length === 0 ? always : one)),
  ),
  'asks at most 100 conditions': breaking(
    ['conditions may be many, and deep'],
    conditions((one) => {
      if ('all' in one) return { all: one.all.slice(0, 100) }
      return 'any' in one ? { any: one.any.slice(0, 100) } : one
    }),
  ),
  'asks conditions at most ten deep': breaking(
    ['conditions may be many, and deep'],
    asking((one) => shallow(one, 10)),
  ),
}

/** Takes whatever lies deeper for always so. */
function shallow(condition: Condition, depth: number): Condition {
  if (depth === 0) return always
  if ('all' in condition) return { all: condition.all.map((one) => shallow(one, depth - 1)) }
  if ('any' in condition) return { any: condition.any.map((one) => shallow(one, depth - 1)) }
  return 'not' in condition ? { not: shallow(condition.not, depth - 1) } : condition
}
