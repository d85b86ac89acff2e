import * as fc from 'fast-check'
import type { Duration } from '../../src/core/duration.ts'
import type { Append, Boundary, Filter, StreamGuard } from '../../src/store/store.ts'
import type { Run, Twin } from './run.ts'

/** A step of a run. */
export interface Operation {
  readonly act: (run: Run) => Promise<void>
}

/** Steps of one kind; fast-check prints them by their name and what was chosen. */
function steps<Chosen>(
  name: string,
  choice: fc.Arbitrary<Chosen>,
  act: (run: Run, chosen: Chosen) => Promise<void>,
): fc.Arbitrary<Operation> {
  return choice.map((chosen) => ({
    act: (run) => act(run, chosen),
    [fc.toStringMethod]: () => `${name} ${JSON.stringify(chosen)}`,
  }))
}

const categories = fc.constantFrom('cart', 'basket')
const tenants = fc.constantFrom('', 'acme', 'other')
const streams = fc.record(
  { category: categories, id: fc.constantFrom('1', '2') },
  { noNullPrototype: true },
)
const types = fc.constantFrom('Opened', 'Added', 'Closed')
const tags = fc.subarray(['a', 'b', 'c'])
const contents = fc.record({ stream: streams, type: types, tags, data: fc.json({ maxDepth: 1 }) })
const asked = { category: categories, types: fc.uniqueArray(types, { minLength: 1 }), tags }
const queries = fc.array(
  fc.oneof<fc.Arbitrary<Filter>[]>(streams, fc.record(asked, { requiredKeys: [] })),
  { maxLength: 3 },
)
const keys = fc.record({ stream: streams, key: fc.constantFrom('k', 'l') })

/** A guard that holds, or one beside it, or one of the words. */
const guards = fc.record({
  stream: streams,
  expects: fc.constantFrom<StreamGuard['version']>('none', 'some', -1, 0, 0, 0, 1),
})

const appending = steps(
  'append',
  fc.record({
    tenant: tenants,
    contents: fc.array(contents, { minLength: 1, maxLength: 4 }),
    guards: fc.array(guards, { maxLength: 2 }),
    decision: fc.option(fc.record({ look: fc.nat(99), filters: queries, saw: fc.nat(5) })),
    once: fc.option(fc.record({ key: keys, fingerprint: fc.constantFrom('f', 'g') })),
    nothing: fc.boolean(),
  }),
  (run, chosen) => {
    const { tenant, once } = chosen
    const append: Append = {
      tenant,
      drafts: chosen.nothing && once ? [] : chosen.contents.map((content) => drafted(run, content)),
      once: once ? [{ ...once.key, fingerprint: once.fingerprint, version: 1, events: 2 }] : [],
      guard: {
        streams: chosen.guards.map(({ stream, expects }) => {
          const actual = run.reference.versionOf(tenant, stream)
          const version = typeof expects === 'number' ? Math.max(0, actual + expects) : expects
          return { ...stream, version }
        }),
      },
    }
    return run.append(chosen.decision ? decided(run, append, chosen.decision) : both(append))
  },
)

/** Adds the guard of a decision that looked some time ago, and saw some of what has come since. */
function decided(
  run: Run,
  append: Append,
  { look, filters, saw }: { look: number; filters: readonly Filter[]; saw: number },
): Twin {
  const taken = run.looks[look % run.looks.length]
  if (!taken) return both(append)
  const { settled, count } = taken
  const since = run.reference.read({ tenant: append.tenant, filters }, { after: count })
  const seen = since.slice(0, saw).map(({ position }) => position)
  const guarded = (after: Boundary) => ({
    ...append,
    guard: { ...append.guard, decision: { filters, after } },
  })
  return {
    real: guarded({ ...settled, seen: seen.map((position) => run.place(position)) }),
    counted: guarded({ ...settled, position: count, seen }),
  }
}

const resending = steps(
  'send again',
  fc.record({
    which: fc.nat(99),
    how: fc.constantFrom('same', 'same', 'changed', 'without the first', 'with more', 'elsewhere'),
  }),
  async (run, { which, how }) => {
    const sent = run.sent[which % run.sent.length]
    if (!sent) return
    const { tenant, drafts } = sent.real
    const [first] = drafts
    if (!first) return
    const changes: Record<typeof how, Partial<Append>> = {
      same: {},
      changed: { drafts: drafts.map((draft) => ({ ...draft, data: `[${draft.data}]` })) },
      'without the first': { drafts: drafts.length > 1 ? drafts.slice(1) : drafts },
      'with more': { drafts: [...drafts, drafted(run, first)] },
      elsewhere: { tenant: `${tenant}2` },
    }
    const change = changes[how]
    await run.append({ real: { ...sent.real, ...change }, counted: { ...sent.counted, ...change } })
  },
)

const places = fc.nat(60)
const options = fc.record(
  {
    after: places,
    until: places,
    backwards: fc.boolean(),
    limit: fc.integer({ min: 1, max: 20 }),
    page: fc.integer({ min: 1, max: 7 }),
    unsettled: fc.boolean(),
  },
  { requiredKeys: [] },
)
const versions = fc.record({ after: fc.nat(8), until: fc.nat(8) }, { requiredKeys: [] })

const reading = steps(
  'read',
  fc.record({ tenant: fc.option(tenants, { nil: undefined }), filters: queries, options }),
  (run, chosen) => run.read(chosen, chosen.options),
)

const readingVersions = steps(
  'read versions',
  fc.record({ tenant: tenants, stream: streams, options, versions }),
  (run, { tenant, stream, ...chosen }) =>
    run.read({ tenant, filters: [stream] }, { ...chosen.options, versions: chosen.versions }),
)

const remembering = steps(
  'ask a key',
  fc.record({ tenant: tenants, key: keys }),
  (run, { tenant, key }) => run.remembered(tenant, key),
)

const looking = steps('look', fc.constant({}), (run) => run.look())

const waiting = steps(
  'wait',
  fc.constantFrom<Duration>('1ms', '4h', '6d'),
  async ({ clock }, span) => clock.advance(span),
)

/** Random steps; appends more than others. */
export const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.oneof(
    { arbitrary: appending, weight: 8 },
    { arbitrary: resending, weight: 3 },
    { arbitrary: reading, weight: 4 },
    { arbitrary: readingVersions, weight: 2 },
    { arbitrary: remembering, weight: 2 },
    { arbitrary: looking, weight: 3 },
    { arbitrary: waiting, weight: 1 },
  ),
  { maxLength: 60, size: 'max' },
)

function drafted(
  run: Run,
  told: Pick<Append['drafts'][number], 'stream' | 'type' | 'tags' | 'data'>,
) {
  return { ...told, id: run.draftId(), schemaVersion: 1, metadata: '{}' }
}

function both(append: Append): Twin {
  return { real: append, counted: append }
}
