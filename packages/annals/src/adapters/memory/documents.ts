import type {
  Document,
  DocumentChange,
  DocumentKey,
  Documents,
  Selection,
  WalkOptions,
} from '../../store/documents.ts'
import type { ProcessorName } from '../../store/ledger.ts'
import { compareKeys } from '../../store/texts.ts'
import { comparing, satisfies } from './selecting.ts'

interface Kept {
  readonly key: string
  readonly fields: readonly string[]
  readonly document: Document
}

type OfTenant = Map<string, Kept>

const none: ReadonlyMap<string, Kept> = new Map()

/** The documents of the views of a memory store: by model, by tenant, by key. */
export class MemoryDocuments implements Documents {
  readonly #models = new Map<string, Map<string, OfTenant>>()
  readonly #checkOpen: () => void

  constructor(checkOpen: () => void) {
    this.#checkOpen = checkOpen
  }

  async find(model: ProcessorName, key: DocumentKey): Promise<Document | undefined> {
    this.#checkOpen()
    return this.get(model, key)
  }

  async select(model: ProcessorName, selection: Selection): Promise<readonly Document[]> {
    this.#checkOpen()
    const { order, limit } = selection
    const sorted = this.#matching(model, selection).toSorted(comparing(order))
    return sorted.slice(0, limit).map(({ document }) => document)
  }

  async walk(model: ProcessorName, { after, limit }: WalkOptions): Promise<readonly Document[]> {
    this.#checkOpen()
    const tenants = [...(this.#models.get(nameOf(model))?.values() ?? [])]
    const documents = tenants.flatMap((ofTenant) => [...ofTenant.values()])
    return documents
      .map(({ document }) => document)
      .filter((document) => !after || compareKeys(document, after) > 0)
      .toSorted(compareKeys)
      .slice(0, limit)
  }

  async count(
    model: ProcessorName,
    selection: Pick<Selection, 'tenant' | 'where'>,
  ): Promise<number> {
    this.#checkOpen()
    return this.#matching(model, selection).length
  }

  /** A document as it is now. */
  get(model: ProcessorName, { tenant, key }: DocumentKey): Document | undefined {
    return this.#models.get(nameOf(model))?.get(tenant)?.get(key)?.document
  }

  /** Makes documents, or puts them in the place of those that are there. */
  put(model: ProcessorName, changes: readonly DocumentChange[]): void {
    if (changes.length === 0) return
    const tenants = this.#models.get(nameOf(model)) ?? new Map<string, OfTenant>()
    this.#models.set(nameOf(model), tenants)
    for (const { tenant, key, state, position, fields } of changes) {
      const ofTenant: OfTenant = tenants.get(tenant) ?? new Map<string, Kept>()
      tenants.set(tenant, ofTenant)
      // copies that nobody can change, so that what a caller does with its own changes nothing
      const document = Object.freeze({ tenant, key, state, position })
      ofTenant.set(key, { key, fields: [...fields], document })
    }
  }

  /** Takes away all documents of a model. */
  forget(model: ProcessorName): void {
    this.#models.delete(nameOf(model))
  }

  #matching(model: ProcessorName, { tenant, where }: Pick<Selection, 'tenant' | 'where'>): Kept[] {
    const documents = this.#models.get(nameOf(model))?.get(tenant) ?? none
    return [...documents.values()].filter((kept) => satisfies(kept, where))
  }
}

function nameOf({ name, version }: ProcessorName): string {
  return `${name} ${version}`
}
