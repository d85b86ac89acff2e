import type { Document, DocumentKey, Documents } from '../store/documents.ts'
import type { ProcessorName } from '../store/ledger.ts'
import { compareKeys } from '../store/texts.ts'
import type { Versions } from './compared.ts'

// documents of a version that are read at a time
const page = 1_000

/** A document as both versions have it. */
export interface Pair extends DocumentKey {
  readonly from: Document | undefined
  readonly to: Document | undefined
}

/** All documents of two versions, each with that of the other. */
export async function* pairs(documents: Documents, { from, to }: Versions): AsyncGenerator<Pair> {
  const [mine, its] = [all(documents, from), all(documents, to)]
  let [one, next] = [await mine.next(), await its.next()]
  while (!one.done || !next.done) {
    const order = one.done ? 1 : next.done ? -1 : compareKeys(one.value, next.value)
    const [left, right] = [order <= 0 ? one.value : undefined, order >= 0 ? next.value : undefined]
    const { tenant, key } = (left ?? right) as Document // one of them is the first of what is left
    yield { tenant, key, from: left || undefined, to: right || undefined }
    if (order <= 0) one = await mine.next()
    if (order >= 0) next = await its.next()
  }
}

async function* all(
  documents: Documents,
  model: ProcessorName,
): AsyncGenerator<Document, undefined> {
  let after: DocumentKey | undefined
  for (;;) {
    const found = await documents.walk(model, { limit: page, ...(after && { after }) })
    yield* found
    after = found.at(-1)
    if (found.length < page) return undefined
  }
}
