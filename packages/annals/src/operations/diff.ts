import { checkOptions, checkWhole } from '../core/options.ts'
import type { App } from '../processing/app.ts'
import { partsBehind } from '../processing/parts.ts'
import type { Document, DocumentKey } from '../store/documents.ts'
import type { Position } from '../store/store.ts'
import { candidates, chosen, marksOf, positionOf, type DiffOptions } from './compared.ts'
import { pairs } from './pairs.ts'
import { Settling } from './settling.ts'

/** A document that is another in two versions of a view; `undefined` where one of them has none. */
export interface Difference extends DocumentKey {
  readonly from: unknown
  readonly to: unknown
}

/** What two versions of a view have of each other. */
export interface Diff {
  readonly name: string
  readonly from: string
  readonly to: string
  /** How many documents are in both, and are the same. */
  readonly same: number
  readonly different: number
  readonly onlyFrom: number
  readonly onlyTo: number
  /** How many are not the same, but have an event that one of the versions has not seen yet. */
  readonly behind: number
  readonly positions: DiffPositions
  /** The first of those that are different or in one version only. */
  readonly differences: readonly Difference[]
}

/** Up to where two versions had seen the log when they were compared; at 0 one has not been built. */
export interface DiffPositions {
  readonly from: Position
  readonly to: Position
  /** Where the log ended. */
  readonly end: Position
}

/**
 * Compares the documents of two versions of a view, of all tenants, while both go on: before a roll-out, the version that `rebuild`
 * has made with the one that is live.
 *
 * @throws MisuseError `ANNALS_OPTION` when the store knows no view of the name, or not two versions of it: one that the app declares
 * may not have been built.
 */
export async function diff(app: App, name: string, options: DiffOptions = {}): Promise<Diff> {
  checkOptions('diff', options, ['from', 'to', 'limit'])
  const { limit = 20 } = options
  checkWhole('diff: limit', limit)
  const parts = partsBehind('diff', app)
  const { store } = parts
  const { from, to } = chosen('view', name, await candidates(parts, name), options)
  const marks = await marksOf(store, { from, to })
  const settling = new Settling(store, marks)
  const counts = { same: 0, different: 0, onlyFrom: 0, onlyTo: 0, behind: 0 }
  const differences: Difference[] = []
  for await (const pair of pairs(store.documents, { from, to })) {
    const { kind, tenant, key, ...states } = await settling.settled(pair)
    counts[kind]++
    if (kind === 'same' || kind === 'behind' || differences.length >= limit) continue
    differences.push({ tenant, key, from: stateOf(states.from), to: stateOf(states.to) })
  }
  const positions = {
    from: positionOf(marks.from, marks.end),
    to: positionOf(marks.to, marks.end),
    end: marks.end,
  }
  return { name, from: from.version, to: to.version, ...counts, positions, differences }
}

function stateOf(document: Document | undefined): unknown {
  return document && JSON.parse(document.state)
}
