import type { Schema } from './schema.ts'

/** One version of an event's schema, and how the one before it becomes its input. */
export interface Step {
  readonly schema: Schema
  readonly from?: (old: unknown) => unknown
}

/** The schema of an event that had others before; `In` and `Out` are those of its newest version. */
export interface Versioned<In, Out> extends Schema<In, Out> {
  readonly '~versions': readonly Step[]
  /** Adds the next version: `step` makes its input of what the version before gives. */
  upcast<NextIn, NextOut>(
    next: Schema<NextIn, NextOut>,
    step: (old: Out) => NextIn,
  ): Versioned<NextIn, NextOut>
}

/** The first version of an event's schema; each `upcast` adds another, and old events are read through them. */
export function versioned<In, Out>(first: Schema<In, Out>): Versioned<In, Out> {
  return withVersions(first, [{ schema: first }])
}

function withVersions<In, Out>(
  schema: Schema<In, Out>,
  versions: readonly Step[],
): Versioned<In, Out> {
  return {
    '~standard': schema['~standard'],
    '~versions': versions,
    upcast: <NextIn, NextOut>(next: Schema<NextIn, NextOut>, step: (old: Out) => NextIn) =>
      // a step is only ever given the output of the version before it
      withVersions(next, [...versions, { schema: next, from: step as (old: unknown) => unknown }]),
  }
}

export function isVersioned(schema: object): schema is Versioned<unknown, unknown> {
  return '~versions' in schema
}
