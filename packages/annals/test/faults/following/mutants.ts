import { changedSql, type Changes } from '../postgres/changed-sql.ts'
import type { LeaseUse } from './leases.ts'
import type { LifeOptions } from './messages.ts'
import type { Place } from './place.ts'
import type { schedules } from './schedules.ts'

/** A mechanism taken out of a store, and the schedule that shows it. */
export interface Mutant {
  readonly schedule: keyof typeof schedules
  /** What goes wrong, among other things. */
  readonly shows: string
  /** How its processes are started. */
  readonly lacking: LifeOptions
  /** What puts it into a schema that has the rest. */
  readonly sql?: string
}

const wakes = 'an owner wakes with a page that another one has handled'

const ofBoth = {
  'moves the checkpoint before the page, in another transaction': {
    schedule: 'a page is cut off before its work',
    shows: 'journal missed',
    lacking: { without: 'moves the checkpoint before the page' },
  },
  'moves the checkpoint after the page, in another transaction': {
    schedule: 'a page is cut off after its work',
    shows: 'journal twice',
    lacking: { without: 'moves the checkpoint after the page' },
  },
} satisfies Readonly<Record<string, Mutant>>

function ofSchema(schedule: Mutant['schedule'], shows: string, changes: Changes): Mutant {
  return { schedule, shows, lacking: {}, sql: changedSql(changes) }
}

/** A mechanism that tells a history from another, taken out of a schema. */
export interface HistoryMutant {
  readonly sql: string
  /** What can be done with a lease of a history that was lost. */
  readonly shows: LeaseUse
}

const checked = [' and c.epoch = here', ''] as const
const freed = [' or c.epoch <> here', ''] as const

/** The mechanisms that keep what is of a lost history out of the other one, each by what a store without it does. */
export const historyMutants: Readonly<Record<string, HistoryMutant>> = {
  'commits pages under it': {
    sql: changedSql({ commit_page: [checked] }),
    shows: 'a page was committed',
  },
  'moves checkpoints under it': {
    sql: changedSql({ advance_slices: [checked] }),
    shows: 'a checkpoint was moved',
  },
  'says that its owner runs the slice': {
    sql: changedSql({ standings: [checked] }),
    shows: 'its owner ran the slice',
  },
  'keeps the slice from others until it expires': {
    sql: changedSql({ claim_slices: [freed, freed] }),
    shows: 'nobody else could claim the slice',
  },
}

/** Takes the history of a standby that was promoted for that of its primary. */
export const oneHistory = changedSql({
  current_epoch: [["    || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)", '']],
})

function ofFile(...replaced: readonly (readonly [from: string, to: string])[]): Mutant {
  return { schedule: wakes, shows: 'journal twice', lacking: { replaced } }
}

/** The mechanisms of each store, each by what a store without it does. */
export const mutants: Readonly<Record<Place['kind'], Readonly<Record<string, Mutant>>>> = {
  PostgreSQL: {
    ...ofBoth,
    'commits under any token': ofSchema(wakes, 'journal twice', {
      commit_page: [['and c.token = of_token and c.owner = of_owner', '']],
    }),
    // the name of the owner protects as well
    'takes a slice over under the same token': ofSchema(wakes, 'journal twice', {
      claim_slices: [['token = c.token + 1', 'token = c.token']],
      commit_page: [['and c.owner = of_owner', '']],
    }),
    'does not lock documents': ofSchema(
      'two processes write the same documents inline',
      'crossings wrong',
      {
        append_events: [
          [
            'from unnest(l_append, l_name, l_exclusive) l(append, name, exclusive)',
            `from unnest(l_append, l_name, l_exclusive) l(append, name, exclusive) where l.name not like 'document/%'`,
          ],
          [
            'from unnest(l_name, l_exclusive) l(name, exclusive)',
            `from unnest(l_name, l_exclusive) l(name, exclusive) where l.name not like 'document/%'`,
          ],
        ],
      },
    ),
    'leaves views inline that an append does not keep': ofSchema(
      'a program that knows no view appends',
      'walks wrong',
      {
        append_event: [["where p.mode = 'inline'", 'where false']],
        append_events: [['if any_inline then', 'if false then']],
      },
    ),
  },
  SQLite: {
    ...ofBoth,
    'forgets at its end what is parked': {
      schedule: 'a process ends while events wait behind one that fails',
      shows: 'journal inverted',
      lacking: { without: 'forgets what is parked' },
    },
    'commits under any token': ofFile([
      'token = ? and owner = ?',
      '(token = ? or true) and (owner = ? or true)',
    ]),
    // the name of the owner protects as well
    'takes a slice over under the same token': ofFile(
      ['token = token + 1, expires', 'token = token, expires'],
      ['token = ? and owner = ?', 'token = ? and (owner = ? or true)'],
    ),
  },
}
