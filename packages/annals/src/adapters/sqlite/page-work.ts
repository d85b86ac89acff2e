import type { Page, PageDone, ProcessorName } from '../../store/ledger.ts'
import type { Connection } from './connection.ts'
import { readDocument, writeDocument } from './documents.ts'
import { doOwn } from './own-work.ts'
import { ParkedEvents } from './parked.ts'

/** Does the work of a page in the open transaction. */
export function doPage(
  connection: Connection,
  processor: ProcessorName,
  work: Omit<Page, 'lease' | 'position'> & { readonly now: number },
): PageDone {
  const { documents, own, parks = [], settles = [], now } = work
  if (documents) {
    const { model, change } = documents
    const before = (key: Parameters<Parameters<typeof change>[0]>[0]) =>
      readDocument(connection, model, key)
    for (const document of change(before)) writeDocument(connection, model, document)
  }
  if (own) doOwn(connection, own)
  const parked = new ParkedEvents(connection, processor, now)
  for (const parking of parks) parked.park(parking)
  for (const event of settles) parked.settle(event)
  const queues = new Map(settles.map((event) => [`${event.tenant}\0${event.queue}`, event]))
  return { next: [...queues.values()].flatMap((queue) => parked.first(queue) ?? []) }
}
