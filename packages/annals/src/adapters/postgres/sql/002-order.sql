-- breaks older code: no
--
-- The one order of all events, which a follower may pass without missing any. A sequence hands out positions
-- when events are inserted and rows show when their transaction commits, so a reader that remembers the last
-- position it saw would skip those that commit late. Here each transaction that appends holds a stamp, taken
-- before its first position and below it, and a reader stops at the lowest stamp that is held. The proof
-- is in docs/postgres.md.
--
-- A stamp is a shared advisory lock of two keys: the sequence's oid, so that stores of one database do not
-- meet, and the last position that was handed out, modulo 2^31. It never waits, for nobody takes it exclusively.

-- Says why a transaction may not be stamped.
create function refuse_stamp(reason text) returns boolean language plpgsql as $$
begin
  case reason
    when 'isolation' then
      raise exception 'the isolation of the transaction is %, and Annals needs read committed',
        current_setting('transaction_isolation') using errcode = 'AN001';
    when 'synchronous_commit' then
      raise exception 'synchronous_commit is off, so that a crash would lose what was acknowledged'
        using errcode = 'AN002';
    when 'lock' then
      raise exception 'another program holds the advisory locks of class %, which belong to Annals',
        'events_position'::regclass::oid;
  end case;
end $$;

-- The class of the stamps among the advisory locks of two keys.
create function stamp_class() returns integer language sql stable as $$
  select (
    'events_position'::regclass::oid::bigint
    - case when 'events_position'::regclass::oid::bigint > 2147483647 then 4294967296 else 0 end
  )::integer
$$;

-- Under another isolation a transaction reads from before its own locks.
create function check_isolation() returns boolean language sql as $$
  select case
    when current_setting('transaction_isolation') <> 'read committed' then refuse_stamp('isolation')
    else true
  end
$$;

-- Stamps this transaction, for positions that it takes from here on. It is one expression, which becomes a part of
-- the caller's: each statement or expression of its own would cost every append some microseconds.
create function stamp() returns boolean language sql as $$
  select case
    when not check_isolation() then false
    when current_setting('synchronous_commit') = 'off' then refuse_stamp('synchronous_commit')
    when not pg_try_advisory_xact_lock_shared(
      stamp_class(),
      (coalesce(pg_sequence_last_value('events_position'), 0) % 2147483648)::integer
    ) then refuse_stamp('lock')
    else set_config('annals.stamped', 'events_position'::regclass::oid::text, true) is not null
  end
$$;

-- Every position up to this one is committed, or dead for ever. Each statement has a snapshot of its own:
-- first what is committed, then whose stamp is still held.
create function settled_position() returns bigint
language plpgsql set search_path from current as $$
declare
  highest bigint;
  lowest bigint;
begin
  if not check_isolation() then
    return null;
  end if;
  -- never the sequence: after a crash it goes back
  highest := coalesce((select max(position) from events), 0);
  -- the high bits of a stamp are those of what is committed; what lies far ahead of that was stamped above it
  lowest := (
    select min(highest - distance)
    from pg_locks held,
      lateral (select ((highest - held.objid::bigint) % 2147483648 + 2147483648) % 2147483648 as distance) d
    where held.locktype = 'advisory'
      and held.classid = 'events_position'::regclass::oid
      and held.objsubid = 2
      and held.granted
      and held.database = (select oid from pg_database where datname = current_database())
      and distance < 1073741824
  );
  return least(highest, coalesce(lowest, highest));
end $$;

-- Tells this history from another: another schema, another cluster, a timeline after a restore. The identifier of the
-- cluster is read from a file, which takes as long as an append, so the session keeps it.
create function current_epoch() returns text
language plpgsql set search_path from current as $$
begin
  if coalesce(current_setting('annals.cluster', true), '') = '' then
    perform set_config('annals.cluster', (select system_identifier::text from pg_control_system()), false);
  end if;
  return (select value from settings where name = 'epoch')
    || '/' || current_setting('annals.cluster')
    || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8);
end $$;

-- Until when somebody follows. Where nobody does, nothing is announced, which would cost a lone writer a fifth of its
-- appends. Lost in a crash, and made again within seconds.
create unlogged table following (
  one boolean primary key default true check (one),
  until timestamptz not null
);

create function follow() returns void
language sql set search_path from current as $$
  insert into following (until)
  values (clock_timestamp() + interval '30 seconds')
  on conflict (one) do update set until = excluded.until
$$;

-- Tells those who listen up to where they may read, and whether anybody follows at all.
create function announce(channel text) returns boolean
language plpgsql set search_path from current as $$
begin
  if not exists (select from following where until > clock_timestamp()) then
    return false;
  end if;
  perform set_config('synchronous_commit', 'off', true); -- nothing is lost with an announcement
  perform pg_notify(channel, settled_position()::text);
  return true;
end $$;
