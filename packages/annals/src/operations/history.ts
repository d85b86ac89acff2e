import type { App } from '../processing/app.ts'
import { partsBehind } from '../processing/parts.ts'
import { entries, type HistoryEntry, type LoadOptions } from '../store/history.ts'
import { checkOptions } from '../core/options.ts'
import { streamNamed } from './stream-name.ts'
import { aggregateOf } from './which-aggregate.ts'

/**
 * The events of an aggregate, each with the state after it; up to a version, or to a time. `stream` is like
 * `account/acc-1`, of an aggregate that the app names in `aggregates`. Retired events are not among them.
 *
 * @throws MisuseError `ANNALS_OPTION` for a category of which the app names no aggregate.
 */
export async function* history(
  app: App,
  stream: string,
  options: LoadOptions = {},
): AsyncGenerator<HistoryEntry, void, undefined> {
  checkOptions('history', options, ['until', 'at'])
  const parts = partsBehind('history', app)
  const name = streamNamed(parts, stream)
  const { fold } = aggregateOf(parts, name.category)
  yield* entries(parts.session, fold, name, options)
}
