import type { ProcessorName } from './ledger.ts'
import type { Position } from './store.ts'

/** Which document of a view. */
export interface DocumentKey {
  readonly tenant: string
  readonly key: string
}

/** A document of a view as a store keeps it. */
export interface Document extends DocumentKey {
  /** JSON text. */
  readonly state: string
  /** That of the last event that was folded into it. */
  readonly position: Position
}

/** A document as it is to be, with what it is found by. */
export interface DocumentChange extends Document {
  /** Of each field of the view a text that sorts by code points as its values do: see `sortable`. */
  readonly fields: readonly string[]
}

/** A field of a view by its place, or the key of the document. */
export type Field = number | 'key'

/** What a document must be like. Texts are compared by code points, which is how their UTF-8 bytes sort. */
export type Condition =
  | { readonly field: Field; readonly in: readonly string[] }
  | {
      readonly field: Field
      readonly from?: string
      readonly after?: string
      readonly until?: string
      readonly before?: string
    }
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }

/** Which documents, and in which order. */
export interface Selection {
  readonly tenant: string
  readonly where: Condition
  /** The last is the key, so that the order is the same each time. */
  readonly order: readonly { readonly field: Field; readonly descending: boolean }[]
  readonly limit: number
}

/** Where to go on among all documents of a view. */
export interface WalkOptions {
  readonly after?: DocumentKey
  readonly limit: number
}

/** The documents of the views of a store, to be read. */
export interface Documents<Tx = never> {
  find(
    model: ProcessorName,
    key: DocumentKey,
    options?: { readonly tx?: Tx },
  ): Promise<Document | undefined>
  select(
    model: ProcessorName,
    selection: Selection,
    options?: { readonly tx?: Tx },
  ): Promise<readonly Document[]>
  /** The documents of all tenants, in the order of their tenants and then of their keys, by code points. */
  walk(model: ProcessorName, options: WalkOptions): Promise<readonly Document[]>
  count(
    model: ProcessorName,
    selection: Pick<Selection, 'tenant' | 'where'>,
    options?: { readonly tx?: Tx },
  ): Promise<number>
}
