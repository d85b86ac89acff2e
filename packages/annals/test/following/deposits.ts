import type { App } from 'annals'
import { Account } from '../domain/bank.ts'

/** Tries again soon, and often. */
export const soon = { attempts: 50, backoff: '1ms', max: '5ms' } as const

/** What a subscription was given: how often each event, and in which order. */
export function counting() {
  const seen: string[] = []
  const note = ({
    stream,
    version,
  }: {
    readonly stream: { readonly id: string }
    readonly version: number
  }) => void seen.push(`${stream.id} ${version}`)
  return { seen, note }
}

/** Deposits one into each of these accounts, one after the other. */
export async function deposited(bank: App, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) await bank.open(Account, id).deposit({ amount: 1 })
}
