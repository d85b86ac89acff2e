import { misuse } from '../core/errors.ts'
import type { AppParts } from '../processing/parts.ts'
import type { StreamName } from '../store/store.ts'

/**
 * The stream that a text like `account/acc-1` names. Where a category has a slash in it, the app's own aggregates tell
 * where the id begins.
 */
export function streamNamed({ aggregates }: AppParts, text: string): StreamName {
  const categories = aggregates
    .map(({ category }) => category)
    .filter((category) => text.startsWith(`${category}/`))
  const longest = categories.toSorted((a, b) => b.length - a.length)[0]
  const end = longest?.length ?? text.indexOf('/')
  const stream = { category: text.slice(0, Math.max(0, end)), id: text.slice(end + 1) }
  if (stream.category === '' || stream.id === '')
    misuse(`${JSON.stringify(text)} names no stream; write CATEGORY/ID, like account/acc-1`)
  return stream
}
