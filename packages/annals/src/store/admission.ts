import { MisuseError, misuse } from '../core/errors.ts'
import { checkWhole } from '../core/options.ts'
import type {
  Append,
  Draft,
  FollowOptions,
  Query,
  ReadOptions,
  StreamGuard,
  StreamName,
} from './store.ts'

/** The most bytes of UTF-8 that a tenant, a category, an id, a type, a tag or a `once` key may have. */
export const longestName = 1_000

/** The most bytes of UTF-8 that an event's data, and its metadata, may have: 16 MiB. */
export const largestData: number = 16 * 1024 * 1024

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Refuses what no store may keep, before anything is written; every adapter asks this first. */
export function admit(append: Append): void {
  if (append.drafts.length === 0 && !append.once?.length)
    misuse('an append without events does nothing; give it at least one')
  checkName('tenant', append.tenant, { empty: true })
  const ids = new Set<string>()
  for (const draft of append.drafts) {
    admitDraft(draft)
    if (ids.has(draft.id))
      throw new MisuseError('ANNALS_ID_REUSED', `event id ${draft.id} is twice in one append`)
    ids.add(draft.id)
  }
  for (const stream of append.guard?.streams ?? []) {
    checkStream(stream)
    checkGuardVersion(stream)
  }
  for (const filter of append.guard?.decision?.filters ?? [])
    for (const tag of filter.tags ?? []) checkName('tag', tag)
  for (const { stream, key } of append.once ?? []) {
    checkStream(stream)
    checkName('once key', key)
  }
}

function admitDraft(draft: Draft): void {
  if (!uuid.test(draft.id)) misuse(`event id ${JSON.stringify(draft.id)} is no UUID in lower case`)
  checkStream(draft.stream)
  checkName('event type', draft.type)
  checkWhole('schemaVersion', draft.schemaVersion, 1)
  for (const tag of draft.tags) checkName('tag', tag)
  checkText(draft, 'data')
  checkText(draft, 'metadata')
}

/** Refuses a read that means nothing; every adapter asks this first. */
export function admitRead({ tenant, filters }: Query, options: ReadOptions<unknown>): void {
  const { after, until, versions, limit, page } = options
  for (const [name, value] of Object.entries({ after, until, limit }))
    checkWhole(`option ${name}`, value)
  checkWhole('option page', page, 1)
  if (!versions) return
  checkWhole('option versions.after', versions.after)
  checkWhole('option versions.until', versions.until)
  const [first] = filters
  const ofOne = filters.every(
    ({ category, id }) => category === first?.category && id === first?.id,
  )
  if (tenant === undefined || first?.category === undefined || first.id === undefined || !ofOne)
    misuse('versions narrows a read of one stream: it needs a tenant, and a category and an id')
}

/** Refuses to follow from where nothing is, or in pages of nothing; every adapter asks this first. */
export function admitFollow(query: Query, { after, limit }: FollowOptions): void {
  admitRead(query, { after })
  checkWhole('option limit', limit, 1)
}

/** Refuses a stream name that no store may keep. */
export function checkStream(stream: StreamName): void {
  checkName('category', stream.category)
  checkName('stream id', stream.id)
}

function checkGuardVersion({ version }: StreamGuard): void {
  if (version === 'none' || version === 'some') return
  if (Number.isSafeInteger(version) && version >= 0) return
  misuse(`version ${version} is none; a version is 0, 1, 2 … or 'none' or 'some'`)
}

/** Refuses a name that no store may keep. */
export function checkName(
  what: string,
  name: string,
  { empty = false }: { readonly empty?: boolean } = {},
): void {
  if (typeof name !== 'string' || (name === '' && !empty))
    misuse(`a ${what} must be a text that is not empty`)
  if (name.includes('\0') || !name.isWellFormed())
    misuse(
      `the ${what} ${JSON.stringify(name)} has a NUL or half a surrogate pair, which no database keeps`,
    )
  if (name.length * 3 > longestName && bytes(name) > longestName)
    throw new MisuseError(
      'ANNALS_TOO_LARGE',
      `the ${what} ${JSON.stringify(name.slice(0, 40))}… has ${bytes(name)} bytes; the most is ${longestName}`,
    )
}

function checkText(draft: Draft, part: 'data' | 'metadata'): void {
  const text = draft[part]
  if (!text.isWellFormed())
    misuse(`the ${part} of ${draft.type} has half a surrogate pair; as JSON it is written \\ud83d`)
  if (text.length * 3 > largestData && bytes(text) > largestData)
    throw new MisuseError(
      'ANNALS_TOO_LARGE',
      `the ${part} of ${draft.type} has ${bytes(text)} bytes; the most is ${largestData} (16 MiB)`,
    )
}

// TextEncoder counts without a Node built-in; it runs only for texts near a limit
function bytes(text: string): number {
  return new TextEncoder().encode(text).length
}
