import { comparing, satisfies, type Sortable } from '../../../src/adapters/memory/selecting.ts'
import type {
  Condition,
  Document,
  DocumentChange,
  Documents,
  Field,
  Selection,
} from '../../../src/store/documents.ts'
import type { ProcessorName } from '../../../src/store/ledger.ts'
import { working } from '../ledger/ways.ts'
import type { Mutate } from '../ways.ts'

/** Breaks one mechanism of documents: gives what is to be put in place of their own methods. */
type Spoil = (documents: Documents) => Partial<Documents>

/** What any document is like. */
export const always: Condition = { all: [] }

/** What no document is like. */
export const never: Condition = { any: [] }

/** Puts documents in place of which one mechanism is broken. */
export function spoiling(spoil: Spoil): Mutate {
  return ({ documents }) => ({
    documents: {
      find: (model, key) => documents.find(model, key),
      select: (model, selection) => documents.select(model, selection),
      walk: (model, options) => documents.walk(model, options),
      count: (model, selection) => documents.count(model, selection),
      ...spoil(documents),
    },
  })
}

/** Changes what is asked of documents that are selected. */
export function selecting(change: (selection: Selection) => Partial<Selection>): Mutate {
  return spoiling((documents) => ({
    select: (model, selection) => documents.select(model, { ...selection, ...change(selection) }),
  }))
}

/** Changes the conditions that documents are found and counted by. */
export function asking(change: (condition: Condition) => Condition): Mutate {
  return spoiling((documents) => ({
    select: (model, { where, ...selection }) =>
      documents.select(model, { ...selection, where: change(where) }),
    count: (model, { where, ...selection }) =>
      documents.count(model, { ...selection, where: change(where) }),
  }))
}

/** Changes each of the conditions, those within others first. */
export function conditions(change: (condition: Condition) => Condition): Mutate {
  const each = (condition: Condition): Condition => {
    if ('all' in condition) return change({ all: condition.all.map(each) })
    if ('any' in condition) return change({ any: condition.any.map(each) })
    if ('not' in condition) return change({ not: each(condition.not) })
    return change(condition)
  }
  return asking(each)
}

/** Changes what is asked of a field by itself. */
export function fields(change: (condition: OfField) => Condition): Mutate {
  return conditions((condition) => ('field' in condition ? change(condition) : condition))
}

export type OfField = Extract<Condition, { readonly field: Field }>

/** A document as it was written last, with the fields it is found by. */
export interface Written extends Sortable {
  readonly document: Document
}

/** How documents are found and sorted. */
export interface Rules {
  readonly satisfies: (document: Written, condition: Condition) => boolean
  readonly comparing: (order: Selection['order']) => (one: Written, next: Written) => number
  /** What is kept of a document, and of what was kept before. */
  readonly keeping: (change: DocumentChange, before: Written | undefined) => Written
  readonly cut: (
    found: readonly Written[],
    selection: Selection,
    rules: Rules,
  ) => readonly Written[]
}

const right: Rules = {
  satisfies,
  comparing,
  keeping: ({ fields: texts, ...document }) => ({ key: document.key, fields: texts, document }),
  cut: (found, { order, limit }, rules) => found.toSorted(rules.comparing(order)).slice(0, limit),
}

/** Finds and sorts documents by rules of which some are wrong. */
export function ruling(wrong: Partial<Rules>): Mutate {
  const rules = { ...right, ...wrong }
  return (store, options) => {
    const written = new Map<string, Written>()
    const noting = working((work) => ({
      ...work,
      change: (before) => {
        const changes = work.change(before)
        for (const change of changes) {
          const key = keyOf(work.model, change)
          written.set(key, rules.keeping(change, written.get(key)))
        }
        return changes
      },
    }))
    const found = (model: ProcessorName, { tenant, where }: Pick<Selection, 'tenant' | 'where'>) =>
      [...written]
        .filter(
          ([key, one]) => one.document.tenant === tenant && key === keyOf(model, one.document),
        )
        .map(([, one]) => one)
        .filter((one) => rules.satisfies(one, where))
    return {
      ...noting(store, options),
      ...spoiling(() => ({
        select: async (model, selection) =>
          rules.cut(found(model, selection), selection, rules).map(({ document }) => document),
        count: async (model, selection) => found(model, selection).length,
      }))(store, options),
    }
  }
}

function keyOf({ name, version }: ProcessorName, { tenant, key }: Document): string {
  return JSON.stringify([name, version, tenant, key])
}
