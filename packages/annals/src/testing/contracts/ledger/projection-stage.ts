import { chain, finished, inOrder, type Awaitable } from '../../../core/awaitable.ts'
import type { Lease, Own, ProcessorName, Registration } from '../../../store/ledger.ts'
import type { Appended, Draft, EventStore } from '../../../store/store.ts'
import type { Scene } from '../store/scene.ts'
import { cart, drafts, tenant } from '../store/vocabulary.ts'
import { begun, carts, commit, take, view } from './vocabulary.ts'

const mine = cart('1')

/** The projection that promises are tried with. */
export const totals: ProcessorName = { name: 'totals-of', version: '1.1' }

/** A projection that adds up amounts by name, in a scene of a store that keeps projections. */
export class ProjectionStage {
  readonly scene: Scene
  readonly #run: NonNullable<Scene['place']['run']>
  readonly #tables = new Map<string, string>()

  constructor(scene: Scene, run: NonNullable<Scene['place']['run']>) {
    this.scene = scene
    this.#run = run
  }

  registration(change: Partial<Registration> = {}): Registration {
    const made: Registration = { ...view(), ...totals, kind: 'projection', ...change }
    const setup = (own: Own) => chain(this.#create(own, made), () => this.add(own, 'setup', 1))
    return { ...made, setup }
  }

  async registered(change?: Partial<Registration>): Promise<void> {
    await this.scene.store.ledger.register([this.registration(change)])
  }

  /** Registers it, and takes its slice. */
  async leased(): Promise<Lease> {
    await this.registered()
    return take(this.scene.store, 'a', totals)
  }

  /** Adds to the amount of a name. */
  add(own: Own, name: string, amount: number): Awaitable<void> {
    const statement = `
      insert into ${own.table('amounts')} as t (name, amount) values ('${name}', ${amount})
      on conflict (name) do update set amount = t.amount + excluded.amount`
    return finished(this.#run(own.tx, statement))
  }

  /** The amounts of a version of the projection, as a page of another processor sees them. */
  async amounts(version: string = totals.version): Promise<Record<string, number>> {
    return this.#read(this.#tables.get(version) ?? '')
  }

  async #read(table: string): Promise<Record<string, number>> {
    const { store } = this.scene
    const lease = await begun(store)
    let found: readonly unknown[] = []
    try {
      await commit(store, lease, {
        own: {
          model: carts,
          run: ({ tx }) =>
            chain(this.#run(tx, `select name, amount from ${table}`), (rows) => {
              found = rows
            }),
        },
      })
    } finally {
      await store.ledger.release([lease])
    }
    const rows = found as readonly { readonly name: string; readonly amount: number }[] // selected so
    return Object.fromEntries(rows.map(({ name, amount }) => [name, amount]))
  }

  /** The amounts that people read under the plain name of the table; none where there is no such name. */
  async shown(version: string = totals.version): Promise<Record<string, number> | undefined> {
    const plain = this.#tables.get(version)?.replace(/_v[0-9_]+"$/, '"')
    return plain === undefined ? undefined : this.#read(plain).catch(() => undefined)
  }

  /** Appends events of the tenant, each of which adds one, with work of the test's own after it. */
  append(
    store: EventStore,
    sent: readonly Draft[] = drafts(mine, 1),
    { after, tx }: { readonly after?: (own: Own) => Awaitable<void>; readonly tx?: never } = {},
  ): Promise<Appended> {
    const run = (events: readonly unknown[], own: Own) =>
      chain(
        inOrder(events, () => this.add(own, 'events', 1)),
        () => after?.(own),
      )
    const inline = {
      models: [totals],
      documents: [],
      change: () => [],
      own: [{ model: 0, run }],
    }
    return store.append({ tenant, drafts: sent, inline }, tx ? { tx } : {})
  }

  #create({ tx, table }: Own, { version }: ProcessorName): Awaitable<void> {
    const name = table('amounts')
    this.#tables.set(version, name)
    const columns = '(name varchar(40) primary key, amount integer not null)'
    return finished(this.#run(tx, `create table ${name} ${columns}`))
  }
}
