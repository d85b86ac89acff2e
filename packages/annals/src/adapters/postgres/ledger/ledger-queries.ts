import type { DocumentChange } from '../../../store/documents.ts'
import type {
  Lease,
  Move,
  Page,
  ParkedName,
  ParkedQuery,
  ParkedRequest,
  Parking,
  ProcessorName,
  QueueName,
  SliceName,
  Tending,
} from '../../../store/ledger.ts'
import type { Statement } from '../database.ts'
import { upsert } from '../documents/changing.ts'
import type { Settings } from '../options.ts'
import { Values } from '../parameters.ts'

/** What is written with a page. */
export interface PageWriting extends Pick<Page, 'lease' | 'position'> {
  /** Documents, with the table that they are in. */
  readonly documents?: { readonly table: string; readonly changes: readonly DocumentChange[] }
  readonly parks: readonly Parking[]
  readonly settles: readonly (QueueName & Pick<ParkedName, 'position'>)[]
}

/** The statements of a ledger: its tables are in the schema of the store. */
export class LedgerQueries {
  readonly #schema: string
  readonly #clock: (() => Date) | undefined

  constructor({ schema, clock }: Pick<Settings, 'schema' | 'clock'>) {
    this.#schema = `"${schema}"`
    this.#clock = clock
  }

  tend({ owner, term, held, runs }: Tending): Statement {
    const values = new Values()
    const given = [values.text(owner), values.float(term), this.#now(values)]
    return this.#call(values, 'tend', [
      ...given,
      ...slices(values, held),
      tokens(values, held),
      ...names(values, runs),
      values.texts(runs.map(({ error }) => error ?? null)),
    ])
  }

  claim(wanted: readonly SliceName[], owner: string, term: number): Statement {
    const values = new Values()
    const given = [values.text(owner), values.float(term), this.#now(values)]
    return this.#call(values, 'claim_slices', [...given, ...slices(values, wanted)])
  }

  release(leases: readonly Lease[]): Statement {
    const values = new Values()
    return this.#call(values, 'release_slices', rights(values, leases))
  }

  advance(moves: readonly Move[]): Statement {
    const values = new Values()
    const leases = moves.map(({ lease }) => lease)
    const positions = moves.map(({ position }) => position)
    return this.#call(values, 'advance_slices', [
      ...rights(values, leases),
      values.numbers(positions, 'bigint'),
    ])
  }

  /** One statement for all of a page, so that a page without work of a projection needs no transaction around it. */
  commit({ lease, position, documents, parks, settles }: PageWriting): Statement {
    const values = new Values()
    const { name, version, first, owner, token } = lease
    const call = `select ${this.#schema}.commit_page(
      ${values.text(name)}, ${values.text(version)}, ${values.integer(first)}, ${values.text(owner)},
      ${values.bigint(token)}, ${values.bigint(position)}, ${this.#now(values)},
      ${values.json(listed(parks))}, ${values.json(listed(settles))}
    )::text as answer`
    if (!documents || documents.changes.length === 0) return values.statement(call, true)
    const { table, changes } = documents
    // the checkpoint comes last: who renews the lease, or takes the slice over, waits for that moment only
    const written = `with written as (${upsert(values, table, changes)} returning true)`
    return values.statement(`${written} ${call} from (select count(*) from written) w`, true)
  }

  overview(processors: readonly ProcessorName[] | undefined): Statement {
    const values = new Values()
    const named = processors ? names(values, processors) : ['null', 'null']
    return this.#call(values, 'overview', [...named, this.#now(values)], false)
  }

  pause({ name, version }: ProcessorName, paused: boolean): Statement {
    const values = new Values()
    const text = `update ${this.#schema}.processors
      set paused = ${values.text(String(paused))}::boolean
      where name = ${values.text(name)} and version = ${values.text(version)}
      returning name`
    return values.statement(text, false)
  }

  queues({ name, version, first, last }: Lease): Statement {
    const values = new Values()
    const text = `select tenant::text as tenant, queue::text as queue
      from ${this.#schema}.parked
      where name = ${values.text(name)} and version = ${values.text(version)} and head
        and hash between ${values.integer(first)} and ${values.integer(last)}
      order by tenant, queue`
    return values.statement(text, false)
  }

  due({ name, version, first, last }: Lease, limit: number): Statement {
    const values = new Values()
    return this.#parked(
      values,
      [
        `p.name = ${values.text(name)} and p.version = ${values.text(version)} and p.head`,
        `p.hash between ${values.integer(first)} and ${values.integer(last)}`,
        `${this.#schema}.is_due(p, (select ${this.#schema}.time_of(${this.#now(values)})))`,
      ],
      limit,
    )
  }

  parked({ processor, queue, after, limit }: ParkedQuery): Statement {
    const values = new Values()
    const conditions = ['true']
    if (processor)
      conditions.push(
        `p.name = ${values.text(processor.name)} and p.version = ${values.text(processor.version)}`,
      )
    if (queue)
      conditions.push(
        `p.tenant = ${values.text(queue.tenant)} and p.queue = ${values.text(queue.queue)}`,
      )
    if (after)
      conditions.push(
        `(p.position, p.name, p.version, p.tenant, p.queue) > (${values.bigint(after.position)}, ${values.text(after.name)},
          ${values.text(after.version)}, ${values.text(after.tenant)}, ${values.text(after.queue)})`,
      )
    return this.#parked(values, conditions, limit)
  }

  request(
    { name, version, tenant, queue, position }: ParkedName,
    request: ParkedRequest,
  ): Statement {
    const values = new Values()
    const text = `update ${this.#schema}.parked
      set request = ${values.text(request)}
      where name = ${values.text(name)} and version = ${values.text(version)}
        and tenant = ${values.text(tenant)} and queue = ${values.text(queue)}
        and position = ${values.bigint(position)}
      returning name`
    return values.statement(text, false)
  }

  #parked(values: Values, conditions: readonly string[], limit: number): Statement {
    const text = `select json_agg(${this.#schema}.parked_json(found.p))::text as answer
      from (
        select p
        from ${this.#schema}.parked p
        where ${conditions.join(' and ')}
        order by p.position, p.name, p.version, p.tenant, p.queue
        limit ${values.bigint(limit)}
      ) found`
    return values.statement(text, false)
  }

  #call(values: Values, name: string, given: readonly string[], prepared = true): Statement {
    const text = `select ${this.#schema}.${name}(${given.join(', ')})::text as answer`
    return values.statement(text, prepared)
  }

  /** The time by the clock of the store, where it has one. */
  #now(values: Values): string {
    return values.float(this.#clock?.().getTime())
  }
}

function names(values: Values, list: readonly ProcessorName[]): readonly string[] {
  return [
    values.texts(list.map(({ name }) => name)),
    values.texts(list.map(({ version }) => version)),
  ]
}

function slices(values: Values, list: readonly SliceName[]): readonly string[] {
  const firsts = list.map(({ first }) => first)
  return [...names(values, list), values.numbers(firsts, 'integer')]
}

function tokens(values: Values, leases: readonly Lease[]): string {
  return values.numbers(
    leases.map(({ token }) => token),
    'bigint',
  )
}

/** Slices with who may write under their leases. */
function rights(values: Values, leases: readonly Lease[]): readonly string[] {
  const owners = values.texts(leases.map(({ owner }) => owner))
  return [...slices(values, leases), owners, tokens(values, leases)]
}

function listed<Item>(list: readonly Item[]): readonly Item[] | undefined {
  return list.length > 0 ? list : undefined
}
