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

-- Under another isolation a transaction reads from before its own locks.
create function check_isolation() returns void language plpgsql as $$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'the isolation of the transaction is %, and Annals needs read committed',
      current_setting('transaction_isolation') using errcode = 'AN001';
  end if;
end $$;

-- Stamps this transaction, for positions that it takes from here on. It is called from functions that have the
-- schema of the store as their search_path, and in expressions only, which cost a tenth of a statement.
create function stamp() returns boolean language plpgsql as $$
declare
  class constant bigint := 'events_position'::regclass::oid::bigint;
  handed_out constant bigint := coalesce(pg_sequence_last_value('events_position'), 0);
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform check_isolation();
  end if;
  if current_setting('synchronous_commit') = 'off' then
    raise exception 'synchronous_commit is off, so that a crash would lose what was acknowledged'
      using errcode = 'AN002';
  end if;
  if not pg_try_advisory_xact_lock_shared(
    (class - case when class > 2147483647 then 4294967296 else 0 end)::integer,
    (handed_out % 2147483648)::integer
  ) then
    raise exception 'another program holds an advisory lock of the class %, which belongs to Annals', class;
  end if;
  return set_config('annals.stamped', 'events'::regclass::oid::text, true) is not null;
end $$;

-- The stamps that other transactions hold, and whose they are.
create function stamps(highest bigint)
returns table (floor bigint, pid integer, virtual_transaction text)
language sql stable set search_path from current as $$
  -- the high bits are those of what is committed; what lies far ahead of it was stamped above it
  select highest - distance, held.pid, held.virtualtransaction
  from pg_locks held,
    lateral (select ((highest - held.objid::bigint) % 2147483648 + 2147483648) % 2147483648 as distance) d
  where held.locktype = 'advisory'
    and held.classid = 'events_position'::regclass::oid
    and held.objsubid = 2
    and held.granted
    and held.database = (select oid from pg_database where datname = current_database())
    and distance < 1073741824
$$;

-- Every position up to this one is committed, or dead for ever. Each statement has a snapshot of its own:
-- first what is committed, then whose stamp is still held.
create function settled_position() returns bigint
language plpgsql set search_path from current as $$
declare
  highest bigint;
  lowest bigint;
begin
  perform check_isolation();
  -- never the sequence: after a crash it goes back
  highest := coalesce((select max(position) from events), 0);
  lowest := (select min(floor) from stamps(highest));
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
