-- breaks older code: yes (it knows no answer of the function that appends where a read model is inline)
--
-- How far those are that follow the log, who runs them, and what they put aside. The documents of a view are in a table
-- of its own, which is made when the view is registered.
--
-- Functions that do without sequential scans do without the compiler of PostgreSQL, too: what such a scan would cost calls
-- for it, and it takes seconds.
--
-- Whoever locks rows of several of these tables locks those of processors first, then those of checkpoints, then the
-- others, each in the order of its key.

create table processors (
  name text collate "C" not null,
  version text collate "C" not null,
  kind text not null,
  mode text not null check (mode in ('following', 'inline')),
  live boolean not null, -- the version of its name that is read where none is said
  paused boolean not null default false,
  wanted integer not null, -- slices
  fields integer, -- that the documents of a view are found by; null for what has no documents
  tables text[] not null default '{}', -- of a projection, without their versions
  primary key (name, version)
);

-- every append asks for these, and mostly there are none
create index processors_inline on processors (name, version)
where mode = 'inline';

-- Lease and checkpoint are one row: whoever takes a slice over does so behind the owner's last commit, and sees where it ended.
create table checkpoints (
  name text collate "C" not null,
  version text collate "C" not null,
  first integer not null, -- hash of the slice, from 0 to 1,023
  last integer not null,
  position bigint not null,
  owner text collate "C",
  token bigint not null default 0, -- one more with each owner, so that the one before is refused
  expires timestamptz,
  epoch text, -- the history in which it was claimed: in another one, after a failover or a restore, it is free
  primary key (name, version, first)
)
with (fillfactor = 50); -- changed with every page, in the page of the table where it is

-- Who would run what, said again every few seconds: nothing is lost in a crash that is not said again.
create unlogged table runners (
  owner text collate "C" not null,
  name text collate "C" not null,
  version text collate "C" not null,
  expires timestamptz not null,
  error text, -- what goes wrong with it there
  primary key (name, version, owner)
);

create table parked (
  name text collate "C" not null,
  version text collate "C" not null,
  tenant text collate "C" not null,
  queue text collate "C" not null,
  position bigint not null,
  hash integer not null,
  event_id text not null,
  type text collate "C" not null,
  attempts integer not null,
  error text,
  at timestamptz not null,
  next timestamptz, -- null where it is not tried again by itself
  request text check (request in ('retry', 'discard')),
  head boolean not null default false, -- whether it is the first of its queue
  primary key (name, version, tenant, queue, position)
);

-- few, where many wait behind them
create unique index parked_heads on parked (name, version, tenant, queue)
where head;

-- The time by the clock of the store, in milliseconds; that of the server without one.
create function time_of(clock_at double precision) returns timestamptz
language sql volatile as $$
  select coalesce(to_timestamp(clock_at / 1000), clock_timestamp())
$$;

-- Keeps all appends out until the transaction ends, by the locks that they share; false where some are on their way for
-- longer than `patience` milliseconds.
create function keep_appends_out(locks text[], patience integer) returns boolean
language plpgsql set search_path from current as $$
declare
  own_timeout constant text := current_setting('lock_timeout');
begin
  perform set_config('lock_timeout', patience::text, true);
  perform pg_advisory_xact_lock(needed.key)
  from (select lock_key(l.name) as key from unnest(locks) l(name) order by 1) needed;
  perform set_config('lock_timeout', own_timeout, true);
  return true;
exception when lock_not_available then
  return false;
end $$;

-- A parked event as JSON, its times in milliseconds.
create function parked_json(p parked) returns json
language sql stable as $$
  select json_build_object(
    'name', p.name, 'version', p.version, 'tenant', p.tenant, 'queue', p.queue, 'hash', p.hash,
    'position', p.position, 'eventId', p.event_id, 'type', p.type, 'attempts', p.attempts, 'error', p.error,
    'at', round(extract(epoch from p.at) * 1000), 'next', round(extract(epoch from p.next) * 1000),
    'request', p.request
  )
$$;

-- Whether a parked event that is the first of its queue is to be tried now.
create function is_due(p parked, now_at timestamptz) returns boolean
language sql immutable as $$
  select p.next <= now_at or p.request is not null or p.attempts = 0
$$;

-- How processors stand, all that are known without names; where it is asked for, with what goes wrong. It is one
-- statement whose plan is kept: processes ask for it every two seconds.
create function standings(r_name text[], r_version text[], now_at timestamptz, whole boolean) returns json
language plpgsql stable
set enable_seqscan = off
set jit = off
as $$
declare
  here constant text := current_epoch();
begin
  return (
    select json_agg(json_build_object(
      'name', p.name, 'version', p.version, 'kind', p.kind, 'mode', p.mode, 'live', p.live, 'paused', p.paused, 'wanted', p.wanted,
      'runners', (
        select count(*)
        from runners r
        where r.name = p.name and r.version = p.version and r.expires > now_at
      ),
      'slices', (
        select json_agg(
          json_build_object(
            'first', c.first, 'last', c.last, 'position', c.position, 'token', c.token,
            'owner', case when c.expires > now_at and c.epoch = here then c.owner end,
            'due', exists (
              select from parked h
              where h.name = p.name and h.version = p.version and h.head
                and h.hash between c.first and c.last
                and (h.next <= now_at or h.request is not null or h.attempts = 0)
            )
          )
          order by c.first
        )
        from checkpoints c
        where c.name = p.name and c.version = p.version
      ),
      'trouble', case when whole then (
        select json_build_object(
          'parked', count(*),
          'stuck', count(*) filter (where w.head and w.attempts > 0 and w.next is null and w.request is null),
          'oldest', round(extract(epoch from min(w.at)) * 1000),
          'error', (
            select r.error
            from runners r
            where r.name = p.name and r.version = p.version and r.expires > now_at and r.error is not null
            order by r.owner
            limit 1
          )
        )
        from parked w
        where w.name = p.name and w.version = p.version
      ) end
    ))
    from processors p
    where r_name is null
      or exists (select from unnest(r_name, r_version) r(name, version) where r.name = p.name and r.version = p.version)
  );
end $$;

-- Renews the leases of an owner, notes what it runs, and gives how that stands. A crash may take back what is written
-- here: then leases expire earlier.
create function tend(
  of_owner text, term double precision, clock_at double precision,
  h_name text[], h_version text[], h_first integer[], h_token bigint[],
  r_name text[], r_version text[], r_error text[]
) returns json
language plpgsql
set search_path from current
set enable_seqscan = off
set jit = off
as $$
declare
  now_at constant timestamptz := time_of(clock_at);
  until constant timestamptz := now_at + make_interval(secs => term / 1000);
  here constant text := current_epoch();
begin
  perform check_isolation();
  perform set_config('synchronous_commit', 'off', true);
  if cardinality(h_name) > 0 then
    -- of a page that is on its way the end is near; what is held for longer keeps no other lease from being renewed
    begin
      perform set_config('lock_timeout', '1s', true);
      perform
      from unnest(h_name, h_version, h_first, h_token) h(name, version, first, token)
      join checkpoints c on c.name = h.name and c.version = h.version and c.first = h.first and c.token = h.token
      order by c.name, c.version, c.first
      for no key update of c;
    exception when lock_not_available then
      null;
    end;
    with held as (
      select c.name, c.version, c.first
      from unnest(h_name, h_version, h_first, h_token) h(name, version, first, token)
      join checkpoints c on c.name = h.name and c.version = h.version and c.first = h.first and c.token = h.token
      where c.owner = of_owner and c.epoch = here
      order by c.name, c.version, c.first
      for no key update of c skip locked
    )
    update checkpoints c
    set expires = until
    from held h
    where c.name = h.name and c.version = h.version and c.first = h.first;
  end if;
  delete from runners
  where ctid = any (array(select r.ctid from runners r where r.expires <= now_at for update skip locked));
  insert into runners (owner, name, version, expires, error)
  select of_owner, r.name, r.version, until, r.error
  from unnest(r_name, r_version, r_error) r(name, version, error)
  on conflict (name, version, owner) do update set
    expires = excluded.expires,
    error = excluded.error;
  return standings(r_name, r_version, now_at, false);
end $$;

-- How processors stand, with what waits and goes wrong; all that are known, without names.
create function overview(r_name text[], r_version text[], clock_at double precision) returns json
language sql set search_path from current as $$
  select standings(r_name, r_version, time_of(clock_at), true)
$$;

-- Gives an owner those slices whose lease is free or has expired.
create function claim_slices(
  of_owner text, term double precision, clock_at double precision,
  s_name text[], s_version text[], s_first integer[]
) returns json
language plpgsql set search_path from current as $$
declare
  here constant text := current_epoch();
  now_at timestamptz;
  claimed json;
begin
  perform check_isolation();
  now_at := time_of(clock_at);
  -- a page that is on its way ends at once, and its slice is taken behind it; an owner that was stopped there is not waited
  -- for. What is paused or becomes inline meanwhile is seen as it is then.
  begin
    perform set_config('lock_timeout', '1s', true);
    perform
    from processors p
    where exists (select from unnest(s_name, s_version) s(name, version) where s.name = p.name and s.version = p.version)
    order by p.name, p.version
    for share;
    perform
    from unnest(s_name, s_version, s_first) s(name, version, first)
    join checkpoints c on c.name = s.name and c.version = s.version and c.first = s.first
    where c.owner is null or c.expires <= now_at or c.epoch <> here
    order by c.name, c.version, c.first
    for no key update of c;
  exception when lock_not_available then
    null;
  end;
  with free as (
    select c.name, c.version, c.first
    from unnest(s_name, s_version, s_first) s(name, version, first)
    join checkpoints c on c.name = s.name and c.version = s.version and c.first = s.first
    join processors p on p.name = s.name and p.version = s.version
    where p.mode = 'following' and not p.paused
      and (c.owner is null or c.expires <= now_at or c.epoch <> here)
    order by c.name, c.version, c.first
    for no key update of c skip locked
    for share of p skip locked
  ),
  taken as (
    update checkpoints c
    set owner = of_owner,
      token = c.token + 1,
      expires = now_at + make_interval(secs => term / 1000),
      epoch = here
    from free f
    where c.name = f.name and c.version = f.version and c.first = f.first
    returning c.*
  )
  select json_agg(json_build_object(
    'name', t.name, 'version', t.version, 'first', t.first, 'last', t.last,
    'owner', t.owner, 'token', t.token, 'position', t.position
  )) into claimed
  from taken t;
  return claimed;
end $$;

-- Gives leases back. After a crash they may be held until they expire.
create function release_slices(
  l_name text[], l_version text[], l_first integer[], l_owner text[], l_token bigint[]
) returns void
language plpgsql set search_path from current as $$
begin
  perform check_isolation();
  perform set_config('synchronous_commit', 'off', true);
  with held as (
    select c.name, c.version, c.first
    from unnest(l_name, l_version, l_first, l_owner, l_token) l(name, version, first, owner, token)
    join checkpoints c on c.name = l.name and c.version = l.version and c.first = l.first
      and c.owner = l.owner and c.token = l.token
    order by c.name, c.version, c.first
    for no key update of c
  )
  update checkpoints c
  set owner = null, expires = null
  from held h
  where c.name = h.name and c.version = h.version and c.first = h.first;
end $$;

-- Moves checkpoints over what holds nothing for their slices; gives the places, from 0, of those whose lease was lost. What a
-- crash takes back is passed over again.
create function advance_slices(
  m_name text[], m_version text[], m_first integer[], m_owner text[], m_token bigint[], m_position bigint[]
) returns json
language plpgsql set search_path from current as $$
declare
  here constant text := current_epoch();
  moved bigint[];
begin
  perform check_isolation();
  perform set_config('synchronous_commit', 'off', true);
  with held as (
    select c.name, c.version, c.first, m.position, m.place
    from unnest(m_name, m_version, m_first, m_owner, m_token, m_position)
      with ordinality m(name, version, first, owner, token, position, place)
    join checkpoints c on c.name = m.name and c.version = m.version and c.first = m.first
      and c.owner = m.owner and c.token = m.token and c.epoch = here
    order by c.name, c.version, c.first
    for no key update of c
  ),
  done as (
    update checkpoints c
    set position = greatest(c.position, h.position)
    from held h
    where c.name = h.name and c.version = h.version and c.first = h.first
    returning h.place
  )
  select array_agg(d.place) into moved from done d;
  return (
    select json_agg(i - 1)
    from generate_series(1, cardinality(m_name)) i
    where i <> all (coalesce(moved, '{}'))
  );
end $$;

-- Puts aside what a page could not handle, takes away what it settled, and marks the first events of their queues. Gives
-- those of the queues of what was settled. It goes through them one by one: joined with a
-- list, all of a queue would be read.
create function put_aside(of_name text, of_version text, now_at timestamptz, parks json, settles json) returns json
language plpgsql
set enable_seqscan = off
set jit = off
as $$
declare
  q record;
  lowest bigint;
  left_over json[] := '{}';
begin
  insert into parked (name, version, tenant, queue, position, hash, event_id, type, attempts, error, at, next)
  select of_name, of_version, p.tenant, p.queue, p.position, p.hash, p."eventId", p.type, p.attempts, p.error,
    now_at, now_at + make_interval(secs => p.delay / 1000)
  from json_to_recordset(parks) p(
    tenant text, queue text, position bigint, hash integer, "eventId" text, type text, attempts integer,
    error text, delay double precision
  )
  order by p.tenant collate "C", p.queue collate "C", p.position
  on conflict (name, version, tenant, queue, position) do update set
    attempts = excluded.attempts,
    error = excluded.error,
    next = excluded.next,
    request = null;
  for q in select * from json_to_recordset(settles) s(tenant text, queue text, position bigint) loop
    delete from parked p
    where p.name = of_name and p.version = of_version and p.tenant = q.tenant and p.queue = q.queue
      and p.position = q.position;
  end loop;
  for q in
    select c.tenant, c.queue, bool_or(c.settled) as settled
    from (
      select s.tenant, s.queue, true from json_to_recordset(settles) s(tenant text, queue text)
      union all
      select p.tenant, p.queue, false from json_to_recordset(parks) p(tenant text, queue text)
    ) c(tenant, queue, settled)
    group by c.tenant, c.queue
  loop
    lowest := (
      select p.position
      from parked p
      where p.name = of_name and p.version = of_version and p.tenant = q.tenant and p.queue = q.queue
      order by p.position
      limit 1
    );
    update parked p
    set head = false
    where p.name = of_name and p.version = of_version and p.tenant = q.tenant and p.queue = q.queue
      and p.head and p.position <> lowest;
    update parked p
    set head = true
    where p.name = of_name and p.version = of_version and p.tenant = q.tenant and p.queue = q.queue
      and p.position = lowest and not p.head;
    if q.settled and lowest is not null then
      left_over := left_over || (
        select parked_json(p)
        from parked p
        where p.name = of_name and p.version = of_version and p.tenant = q.tenant and p.queue = q.queue
          and p.position = lowest
      );
    end if;
  end loop;
  return array_to_json(left_over);
end $$;

-- Moves the checkpoint after the work of a page, which is in the same transaction: without the newest token nothing of it
-- may stay. Gives the first events that are left in the queues of what was settled.
create function commit_page(
  of_name text, of_version text, of_first integer, of_owner text, of_token bigint, to_position bigint,
  clock_at double precision, parks json, settles json
) returns json
language plpgsql
set search_path from current
set enable_seqscan = off
set jit = off
as $$
declare
  here constant text := current_epoch();
begin
  perform check_isolation();
  update checkpoints c
  set position = greatest(c.position, to_position)
  where c.name = of_name and c.version = of_version and c.first = of_first
    and c.token = of_token and c.owner = of_owner and c.epoch = here;
  if not found then
    raise exception 'the lease was lost' using errcode = 'AN003';
  end if;
  if parks is null and settles is null then
    return null;
  end if;
  return put_aside(of_name, of_version, time_of(clock_at), parks, settles);
end $$;

-- The documents of a view under some keys, each with the place of its key. A plan that was made while the table was
-- empty would be kept and would read all of it, so there is none to keep.
create function documents_of(of_table text, tenants text[], keys text[])
returns table (place integer, state text, "position" bigint)
language plpgsql stable
set enable_seqscan = off
set jit = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
  return query execute format(
    'select k.place::integer, d.state::text, d.position
    from unnest($1, $2) with ordinality k(tenant, key, place)
    join %s d on d.tenant = k.tenant and d.key = k.key',
    of_table
  ) using tenants, keys;
end $$;

-- Refuses a statement that was made for another history of the database.
create function check_epoch(known text) returns boolean
language plpgsql set search_path from current as $$
begin
  if current_epoch() <> known then
    raise exception 'the database has another history' using errcode = 'AN004';
  end if;
  return true;
end $$;

-- Up to where followers may read, the last position, and who holds the one below the other, the longest first.
create function watermark(
  out settled bigint, out head bigint, out epoch text, out holders json
)
language plpgsql set search_path from current as $$
begin
  settled := settled_position();
  head := greatest(settled, (select max(position) from events));
  epoch := current_epoch();
  holders := (
    select json_agg(
      json_build_object('connection', h.connection, 'seconds', h.seconds, 'doing', h.doing)
      order by h.seconds desc nulls last
    )
    from (
      select coalesce(held.pid::text, 'prepared transaction ' || p.gid) as connection,
        extract(epoch from clock_timestamp() - coalesce(a.xact_start, p.prepared)) as seconds,
        concat_ws(', last with ', a.state, left(a.query, 200)) as doing
      from pg_locks held
      left join pg_stat_activity a on a.pid = held.pid
      left join pg_prepared_xacts p on held.pid is null and held.virtualtransaction = '-1/' || p.transaction::text
      where held.locktype = 'advisory'
        and held.classid = 'events_position'::regclass::oid
        and held.objsubid = 2
        and held.granted
        and held.database = (select oid from pg_database where datname = current_database())
        and held.objid::bigint <> head % 2147483648 -- it holds nothing back
    ) h
  );
end $$;

-- What large events hold, in the order of their positions, until it is `budget` bytes in all.
create function contents_of(positions bigint[], budget bigint)
returns table ("position" bigint, data text, metadata text)
language plpgsql stable
set search_path from current
set enable_seqscan = off
set jit = off
as $$
declare
  given bigint := 0;
begin
  foreach "position" in array positions loop
    exit when given >= budget;
    select e.data::text, e.metadata::text into data, metadata
    from events e
    where e.position = contents_of.position;
    continue when not found;
    given := given + octet_length(data) + octet_length(metadata);
    return next;
  end loop;
end $$;
