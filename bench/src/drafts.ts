import type { Append, Draft } from 'annals'
import { deposit } from './account.ts'

const data = JSON.stringify(deposit)

/** The metadata of every event, where a contender keeps any. */
export const metadata = {
  correlation: '0199a5c0-0000-7000-8000-000000000001',
  causation: '0199a5c0-0000-7000-8000-000000000001',
}

const metadataText = JSON.stringify(metadata)

/** One event on its way to the port, with a new id. */
export function draft(account: string): Draft {
  return {
    id: crypto.randomUUID(),
    stream: { category: 'account', id: account },
    type: 'MoneyDeposited',
    schemaVersion: 1,
    data,
    metadata: metadataText,
    tags: [],
  }
}

/** An append of one event to a stream that is at `version`. */
export function append(account: string, version: number): Append {
  const guard = { streams: [{ category: 'account', id: account, version }] }
  return { tenant: '', drafts: [draft(account)], guard }
}
