import { changedSql, type Changes } from './changed-sql.ts'
import { crashes } from './schedules/crashes.ts'
import { decisions } from './schedules/decisions.ts'
import { inline } from './schedules/inline.ts'
import { neighbours } from './schedules/neighbours.ts'
import { orders } from './schedules/orders.ts'
import type { Schedule } from './schedules/scene.ts'
import { streams } from './schedules/streams.ts'

/** A mechanism taken out of the SQL that ships, and the schedule that shows it. */
export interface Mutant {
  /** What puts it into a schema that has the rest. */
  readonly sql: string
  readonly schedule: Schedule
  /** What goes wrong, among other things. */
  readonly shows: string
}

const schedules = { ...orders, ...neighbours, ...decisions, ...streams, ...inline, ...crashes }

function mutant(schedule: keyof typeof schedules, shows: string, changes: Changes): Mutant {
  return { sql: changedSql(changes), schedule: schedules[schedule], shows }
}

/** Lets appends go on without the locks whose names begin so. */
function unlocked(kind: string): Changes {
  const others = `where l.name not like '${kind}/%'`
  return {
    append_events: [
      [
        'from unnest(l_append, l_name, l_exclusive) l(append, name, exclusive)',
        `from unnest(l_append, l_name, l_exclusive) l(append, name, exclusive) ${others}`,
      ],
      [
        'from unnest(l_name, l_exclusive) l(name, exclusive)',
        `from unnest(l_name, l_exclusive) l(name, exclusive) ${others}`,
      ],
    ],
    append_event: [
      ['(to_lock is null', `(to_lock like '${kind}/%' or to_lock is null`],
      ['to_share is null', `to_share like '${kind}/%' or to_share is null`],
      [
        'in array to_share_too loop',
        `in array array(select l.name from unnest(to_share_too) l(name) ${others}) loop`,
      ],
    ],
  }
}

/** The mechanisms of the store, each by what a store without it does. */
export const mutants: Readonly<Record<string, Mutant>> = {
  'takes positions without a stamp': mutant('a higher position commits first', 'missed', {
    stamp: [['when not pg_try_advisory', 'when false and not pg_try_advisory']],
  }),

  'takes the stamp before it waits for locks': mutant('an append waits for a lock', 'stalled', {
    append_events: [
      ['  stamped := stamp();\n', ''],
      ["  positions := '{}';\n", "  positions := '{}';\n  stamped := stamp();\n"],
    ],
  }),

  'waits for stamps above what is committed': mutant(
    'positions were given up before the stamp',
    'stalled',
    { settled_position: [['and distance < 1073741824', '']] },
  ),

  'has stamps of one class with all stores': mutant('another store has an append open', 'stalled', {
    stamp: [['stamp_class(),', '4711,']],
    settled_position: [["held.classid = 'events_position'::regclass::oid", 'held.classid = 4711']],
  }),

  'shares its locks with all stores': mutant(
    'another store holds a stream of the same name',
    'barred',
    { lock_key: [["'events_position'::regclass::oid::bigint", '4711']] },
  ),

  'takes the sequence for what is committed': mutant('the sequence goes back', 'missed', {
    settled_position: [
      ['(select max(position) from events)', "(select pg_sequence_last_value('events_position'))"],
    ],
  }),

  'hands positions out by twenty': mutant('connections take positions by turns', 'missed', {
    events_position: [['cache 1', 'cache 20']],
  }),

  'takes transactions of every isolation': mutant(
    'its transaction sees the database as it was before the match',
    'overdrawn',
    { check_isolation: [["<> 'read committed'", "= 'none'"]] },
  ),

  'does not lock streams': mutant(
    'appends that only check the stream',
    'acknowledged',
    unlocked('stream'),
  ),

  'does not lock tags': mutant(
    'a match is open when it goes, and commits',
    'overdrawn',
    unlocked('tag'),
  ),

  'does not lock the store': mutant(
    'a match of a condition without tags is open when it goes, and commits',
    'passed',
    unlocked('events'),
  ),

  'does not lock documents': mutant(
    'a document is open when another append changes it',
    'torn',
    unlocked('document'),
  ),

  'asks what is inline before it has the locks': mutant(
    'a model becomes inline while an append waits that does not keep it',
    'torn',
    {
      append_events: [
        [
          '  any_inline boolean;\n',
          "  any_inline boolean;\n  early constant boolean := exists (select from processors p where p.mode = 'inline');\n",
        ],
        [
          "    exists (select from processors p where p.mode = 'inline')\n  into",
          '    early\n  into',
        ],
      ],
    },
  ),

  'makes models inline beside appends': mutant(
    'an append that does not keep a model is open when that is to become inline',
    'torn',
    { keep_appends_out: [['perform pg_advisory_xact_lock(needed.key)', 'perform needed.key']] },
  ),

  'lets models go beside appends': mutant(
    'an append that keeps a model is open when another lets it go',
    'torn',
    unlocked('events'),
  ),

  'lets a batch wait for locks': mutant('appends to other streams', 'barred', {
    append_events: [
      ['then pg_try_advisory_xact_lock(', 'then null is distinct from pg_advisory_xact_lock('],
    ],
    append_event: [
      ['or pg_try_advisory_xact_lock(', 'or null is distinct from pg_advisory_xact_lock('],
    ],
  }),

  'asks the condition before it has the locks': mutant(
    'a match is open when it goes, and commits',
    'overdrawn',
    {
      append_events: [
        ['  first integer;\n', "  first integer;\n  early text[] := '{}';\n"],
        [
          "  positions := '{}';\n",
          `  positions := '{}';
  for rule in select value from json_array_elements(coalesce(rules, '[]')) loop
    which := (rule ->> 'append')::integer;
    early[which] := refusal_of(rule, a_tenant[which], e_id, clock_timestamp(), current_epoch());
  end loop;\n`,
        ],
        [
          'coalesce(refusal_of(rule, a_tenant[which], e_id[first:last], now_at, epoch),',
          'coalesce(early[which],',
        ],
      ],
    },
  ),

  'refuses a decision for what it saw': mutant('it saw what has not settled', 'barred', {
    has_unseen: [['and t.position <> all (seen)', '']],
  }),

  'takes the last position that a decision saw for all before it': mutant(
    'a lower position commits after the read',
    'overdrawn',
    {
      has_unseen: [
        [
          'and t.position > after_position',
          'and t.position > greatest(after_position, (select max(s) from unnest(seen) s))',
        ],
      ],
    },
  ),
}
