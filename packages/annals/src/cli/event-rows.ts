import type { RawEvent, RawQuery } from 'annals/operations'
import type { Given } from './command.ts'
import type { which } from './options.ts'
import { jsonOf } from './printing.ts'
import type { Column } from './table.ts'

/** How people see stored events. */
export const eventColumns: readonly Column<RawEvent>[] = [
  { head: 'POSITION', right: true, cell: ({ position }) => position },
  { head: 'AT', cell: ({ at }) => at.toISOString(), least: 24 },
  { head: 'STREAM', cell: streamOf, least: 20 },
  { head: 'VERSION', right: true, cell: ({ version }) => version },
  { head: 'TYPE', cell: ({ type }) => type, least: 16 },
  { head: 'DATA', cell: ({ data }) => jsonOf(data) },
]

function streamOf({ tenant, stream: { category, id } }: RawEvent): string {
  return `${tenant === '' ? '' : `${tenant}: `}${category}/${id}`
}

/** What the arguments of `read` and `tail` ask for. */
export function queryOf(place: string | undefined, options: Given<typeof which>): RawQuery {
  const { type: types, tag: tags, 'every-tenant': everyTenant } = options
  return {
    ...(place !== undefined && (place.includes('/') ? { stream: place } : { category: place })),
    ...(types && { types }),
    ...(tags && { tags }),
    ...(everyTenant && { everyTenant }),
  }
}
