-- breaks older code: no
--
-- Appending. In both functions an append is all or nothing, and its parts come in the same order: its locks,
-- the stamp, and in later statements, which see what others committed until then, what it asks and what it inserts.
--
-- A model is inline or not for as long as an append is on its way: each holds one of the locks of the store shared,
-- and whoever changes a mode holds all of them. So its mode is read when the locks are held, in a later statement.

-- The advisory lock of a name, seeded so that stores of one database do not meet.
create function lock_key(name text) returns bigint language sql stable as $$
  select hashtextextended(name, 'events_position'::regclass::oid::bigint)
$$;

-- Whether an event that matches one of the filters has come after a position, and was not seen.
create function has_unseen(of_tenant text, filters json, after_position bigint, seen bigint[])
returns boolean language plpgsql as $$
declare
  f record;
begin
  for f in select * from json_to_recordset(filters) f(category text, id text, types text[], tags text[]) loop
    continue when f.types = '{}'; -- of no type at all
    if cardinality(f.tags) > 0 then
      -- the first tag drives, and an event is looked up only for what its tags do not tell
      if exists (
        select from event_tags t
        where t.tenant = of_tenant
          and t.tag = f.tags[1]
          and t.position > after_position
          and t.position <> all (seen)
          and not exists (
            select from unnest(f.tags[2:]) other(tag)
            where not exists (
              select from event_tags o
              where o.tenant = of_tenant and o.tag = other.tag and o.position = t.position
            )
          )
          and (
            (f.category is null and f.id is null and f.types is null)
            or exists (
              select from events e
              where e.position = t.position
                and (f.category is null or e.category = f.category)
                and (f.id is null or e.stream_id = f.id)
                and (f.types is null or e.type = any (f.types))
            )
          )
      ) then
        return true;
      end if;
    elsif exists (
      select from events e
      where e.position > after_position
        and e.position <> all (seen)
        and e.tenant = of_tenant
        and (f.category is null or e.category = f.category)
        and (f.id is null or e.stream_id = f.id)
        and (f.types is null or e.type = any (f.types))
    ) then
      return true;
    end if;
  end loop;
  return false;
end $$;

-- Why an append may not go through, or null: 'known' where events of it are stored, 'once PLACE FINGERPRINT'
-- where a key of it is remembered, 'epoch' where it was decided in another history, 'decision' where an event
-- came that it had not seen.
create function refusal_of(rule json, of_tenant text, ids uuid[], now_at timestamptz, epoch text)
returns text language plpgsql as $$
declare
  decision constant json := rule -> 'decision';
  -- an append that was made already gives its first result, whatever came since
  known constant boolean := exists (select from events e where e.id = any (ids));
  remembered text;
begin
  if known and (rule ->> 'again')::boolean then
    return 'known';
  end if;
  if json_array_length(rule -> 'once') > 0 then
    select concat_ws(' ', 'once', asked.place, o.fingerprint) into remembered
    from json_to_recordset(rule -> 'once') asked(place integer, category text, id text, key text)
    join once o on o.tenant = of_tenant and o.category = asked.category and o.stream_id = asked.id and o.key = asked.key
    where rule ->> 'since' is null
      or o.at > now_at - make_interval(secs => (rule ->> 'since')::double precision / 1000)
    order by asked.place
    limit 1;
    if remembered is not null then
      return case when known then 'known' else remembered end;
    end if;
  end if;
  if decision is null then
    return null;
  end if;
  if decision ->> 'epoch' <> epoch then
    return case when known then 'known' else 'epoch' end;
  end if;
  if has_unseen(of_tenant, decision -> 'filters', (decision ->> 'after')::bigint, (decision ->> 'seen')::bigint[]) then
    return case when known then 'known' else 'decision' end;
  end if;
  return null;
end $$;

-- What is inline and is not kept follows from here on: what comes after the last event before a position.
create function hand_over(keeps text[], before bigint) returns void
language plpgsql as $$
begin
  with let_go as (
    select p.name, p.version
    from processors p
    where p.mode = 'inline' and p.name || '/' || p.version <> all (coalesce(keeps, '{}'))
    order by p.name, p.version
    for no key update
  ),
  slices as (
    select c.name, c.version, c.first
    from let_go g
    join checkpoints c on c.name = g.name and c.version = g.version
    order by c.name, c.version, c.first
    for no key update of c
  ),
  moved as (
    update checkpoints c
    set position = coalesce((select max(e.position) from events e where e.position < before), 0)
    from slices s
    where c.name = s.name and c.version = s.version and c.first = s.first
  )
  update processors p
  set mode = 'following'
  from let_go g
  where p.name = g.name and p.version = g.version;
end $$;

-- Appends a batch, each append whatever becomes of the others.
--
-- patience: for how many milliseconds to wait for a lock; without, an append that does not get all of its
--   locks at once is 'busy'.
-- a_*: the appends, and the place of the last event of each among those of e_*.
-- l_*: the names that each locks.
-- s_*: the streams that each touches, and which version they must have: -1 any, -2 at least one event.
-- e_*: the events, each with the place of its stream among those of s_* and its place within the append's
--   events of that stream.
-- rules: what few appends have: [{ append, again, since, once: [{ place, category, id, key, fingerprint, version, events }],
--   decision: { filters, epoch, after, seen } }], keys forgotten after `since` milliseconds. They come last.
-- keeps: the models, each as NAME/VERSION, that all appends of the batch keep inline; null for none.
-- readers: of each of them the function that reads its documents; null where no append changes any.
-- d_*: of each of them the tenants and the keys of the documents that the appends may change.
-- hands_over: whether what is inline and not among keeps follows from here on. It needs all locks of the store.
--
-- outcomes: of each append 'done', 'busy', 'conflict', 'inline' where it does not keep all that is inline, or what
--   refusal_of says.
-- starts: the version that each stream had.
-- positions: of the events of what is done, those without rules first; the settled one for an append without events.
-- at: when the events were recorded, in milliseconds.
-- kept: the places of those of keeps that are inline.
-- documents: those of d_* that are there and of kept models: for each of these its place, and what its reader gives.
create function append_events(
  patience integer, clock_at double precision, a_tenant text[], a_last integer[],
  l_append integer[], l_name text[], l_exclusive boolean[],
  s_append integer[], s_category text[], s_id text[], s_expected bigint[],
  e_append integer[], e_stream integer[], e_place integer[], e_id uuid[], e_type text[],
  e_schema_version integer[], e_data json[], e_metadata json[], e_tags text[],
  rules json,
  keeps text[] default null, hands_over boolean default false,
  readers text[] default null, d_tenant text[] default null, d_key text[] default null,
  out outcomes text[], out starts bigint[], out positions bigint[], out at double precision,
  out kept integer[], out documents json[]
)
language plpgsql
set search_path from current
-- a plan made while the tables were empty stays right, and is made once
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
set jit = off
as $$
declare
  appends constant integer := cardinality(a_tenant);
  rule_of json[];
  ruled integer[] := '{}';
  own_timeout text;
  refused integer[];
  stamped boolean;
  now_at timestamptz;
  chosen boolean[] := array_fill(true, array[appends]);
  taken bigint[];
  rule json;
  epoch text;
  which integer;
  first integer;
  last integer;
  any_inline boolean;
  not_kept boolean := false;
  found json;
begin
  outcomes := array_fill('done'::text, array[appends]);
  positions := '{}';
  if patience is null then
    refused := array(
      select tried.append
      from (
        select l.append, case when l.exclusive
          then pg_try_advisory_xact_lock(lock_key(l.name))
          else pg_try_advisory_xact_lock_shared(lock_key(l.name)) end as got
        from unnest(l_append, l_name, l_exclusive) l(append, name, exclusive)
      ) tried
      where not tried.got
    );
    foreach which in array refused loop
      outcomes[which] := 'busy';
      chosen[which] := false;
    end loop;
  else
    own_timeout := current_setting('lock_timeout');
    perform set_config('lock_timeout', patience::text, true);
    perform case when needed.exclusive
      then pg_advisory_xact_lock(needed.key)
      else pg_advisory_xact_lock_shared(needed.key) end
    from (
      select lock_key(l.name) as key, bool_or(l.exclusive) as exclusive
      from unnest(l_name, l_exclusive) l(name, exclusive)
      group by 1
      order by 1
    ) needed;
    perform set_config('lock_timeout', own_timeout, true);
  end if;

  stamped := stamp();

  select array_agg(s.version), array_agg(s.append) filter (where not s.holds),
    greatest(
      coalesce(to_timestamp(clock_at / 1000), date_trunc('milliseconds', clock_timestamp())),
      max(s.at),
      (select e.at from events e order by e.position desc limit 1)
    ),
    exists (select from processors p where p.mode = 'inline')
  into starts, refused, now_at, any_inline
  from (
    select touched.append, coalesce(last.version, 0) as version, last.at,
      case touched.expected
        when -1 then true
        when -2 then last.version is not null
        else coalesce(last.version, 0) = touched.expected
      end as holds
    from unnest(s_append, s_category, s_id, s_expected)
      with ordinality touched(append, category, id, expected, place)
    left join lateral (
      select e.version, e.at
      from events e
      where e.tenant = a_tenant[touched.append] and e.category = touched.category and e.stream_id = touched.id
      order by e.version desc
      limit 1
    ) last on true
    order by touched.place
  ) s;
  at := extract(epoch from now_at) * 1000;
  foreach which in array coalesce(refused, '{}') loop
    if outcomes[which] = 'done' then
      outcomes[which] := 'conflict';
    end if;
    chosen[which] := false;
  end loop;
  if any_inline then
    select array_agg(k.place) filter (where k.place is not null), bool_or(k.place is null)
    into kept, not_kept
    from processors p
    cross join array_position(keeps, p.name || '/' || p.version) k(place)
    where p.mode = 'inline';
    if not_kept and not hands_over then
      for which in
        select i from generate_series(1, appends) i
        where outcomes[i] = 'done' and a_last[i] > coalesce(a_last[i - 1], 0)
      loop
        outcomes[which] := 'inline';
        chosen[which] := false;
      end loop;
    end if;
  end if;
  if rules is not null then
    for which, rule in select (r.value ->> 'append')::integer, r.value from json_array_elements(rules) r loop
      ruled := ruled || which;
      rule_of[which] := rule;
      chosen[which] := false;
    end loop;
    epoch := current_epoch();
  end if;

  -- those without rules go together, as 0; then each of the others, which sees the ones before it
  first := 1;
  last := cardinality(e_append);
  foreach which in array 0 || ruled loop
    if which > 0 then
      first := coalesce(a_last[which - 1], 0) + 1;
      last := a_last[which];
      rule := rule_of[which];
      continue when outcomes[which] in ('busy', 'inline');
      outcomes[which] := coalesce(refusal_of(rule, a_tenant[which], e_id[first:last], now_at, epoch), outcomes[which]);
      continue when outcomes[which] <> 'done';
      chosen[which] := true;
    end if;
    with inserted as (
      insert into events (position, tenant, category, stream_id, version, id, type, schema_version, data, metadata, tags, at)
      select nextval('events_position'), placed.*
      from (
        select a_tenant[e_append[i]], s_category[e_stream[i]], s_id[e_stream[i]], starts[e_stream[i]] + e_place[i],
          e_id[i], e_type[i], e_schema_version[i], e_data[i], e_metadata[i], e_tags[i]::text[], now_at
        from generate_series(first, last) i
        where chosen[e_append[i]]
        order by i
      ) placed
      returning position, tenant, tags
    ),
    tagged as (
      insert into event_tags (tenant, tag, position)
      select i.tenant, tag, i.position from inserted i, unnest(i.tags) tag
      on conflict do nothing
    )
    select array_agg(i.position order by i.position) into taken from inserted i;
    if which > 0 and taken is null then
      taken := array[settled_position()];
    end if;
    positions := positions || taken;
    if which > 0 and json_array_length(rule -> 'once') > 0 then
      insert into once (tenant, category, stream_id, key, fingerprint, version, events, position, at)
      select a_tenant[which], o.category, o.id, o.key, o.fingerprint, o.version, o.events, taken[cardinality(taken)], now_at
      from json_to_recordset(rule -> 'once')
        o(category text, id text, key text, fingerprint text, version bigint, events integer)
      on conflict (tenant, category, stream_id, key) do update set
        fingerprint = excluded.fingerprint,
        version = excluded.version,
        events = excluded.events,
        position = excluded.position,
        at = excluded.at; -- it was forgotten
    end if;
  end loop;

  -- sent before, perhaps
  if 'conflict' = any (outcomes) then
    for which in
      select distinct e_append[i]
      from generate_series(1, cardinality(e_append)) i
      where outcomes[e_append[i]] = 'conflict' and exists (select from events e where e.id = e_id[i])
    loop
      outcomes[which] := 'known';
    end loop;
  end if;

  if not_kept and hands_over and 'done' = any (outcomes) then
    perform hand_over(keeps, positions[1]);
  end if;
  if kept is not null and readers is not null and 'done' = any (outcomes) then
    foreach which in array kept loop
      continue when readers[which] is null;
      execute format('select json_build_array($1, %s($2, $3))', readers[which]) into found
      using which, d_tenant[which]::text[], d_key[which]::text[];
      documents := documents || found;
    end loop;
  end if;
end $$;

-- Appends one event that has no rules and changes no document, at once or not at all: what append_events does, for half
-- of the work. Gives 'busy', 'inline VERSION', 'known VERSION', 'conflict VERSION' or 'done VERSION POSITION AT', with
-- the version that the stream had.
create function append_event(
  clock_at double precision, to_lock text, to_share text, to_share_too text[],
  of_tenant text, of_category text, of_stream text, expected bigint,
  of_id uuid, of_type text, of_schema_version integer, of_data json, of_metadata json, of_tags text[],
  keeps text[] default null
) returns text
language plpgsql
set search_path from current
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
set jit = off
as $$
declare
  shared text;
  had bigint;
  place bigint;
  now_at timestamptz;
begin
  if to_share_too is not null then
    foreach shared in array to_share_too loop
      if not pg_try_advisory_xact_lock_shared(lock_key(shared)) then
        return 'busy';
      end if;
    end loop;
  end if;
  if not (
    (to_lock is null or pg_try_advisory_xact_lock(lock_key(to_lock)))
    and (
      to_share is null
      or pg_try_advisory_xact_lock_shared(lock_key(to_share))
    )
    and stamp()
  ) then
    return 'busy';
  end if;

  insert into events (position, tenant, category, stream_id, version, id, type, schema_version, data, metadata, tags, at)
  select nextval('events_position'), of_tenant, of_category, of_stream, coalesce(last.version, 0) + 1,
    of_id, of_type, of_schema_version, of_data, of_metadata, of_tags,
    greatest(
      coalesce(to_timestamp(clock_at / 1000), date_trunc('milliseconds', clock_timestamp())),
      last.at,
      (select e.at from events e order by e.position desc limit 1)
    )
  from (select) one
  left join lateral (
    select e.version, e.at
    from events e
    where e.tenant = of_tenant and e.category = of_category and e.stream_id = of_stream
    order by e.version desc
    limit 1
  ) last on true
  where (
      expected = coalesce(last.version, 0)
      or expected = -1
      or (expected = -2 and last.version is not null)
    )
    -- seldom true; 4 of 85 microseconds, and 9 with a table of what is kept in the place of an array
    and not exists (
      select from processors p
      where p.mode = 'inline' and p.name || '/' || p.version <> all (coalesce(keeps, '{}'))
    )
  returning version - 1, position, events.at
  into had, place, now_at;

  if place is null then
    had := (
      select max(e.version)
      from events e
      where e.tenant = of_tenant and e.category = of_category and e.stream_id = of_stream
    );
    return concat_ws(
      ' ',
      case
        when exists (select from events e where e.id = of_id) then 'known'
        when expected = coalesce(had, 0) or expected = -1 or (expected = -2 and had is not null) then 'inline'
        else 'conflict'
      end,
      coalesce(had, 0)
    );
  end if;
  if of_tags is not null then
    insert into event_tags (tenant, tag, position)
    select of_tenant, tag, place from unnest(of_tags) tag
    on conflict do nothing;
  end if;
  return concat_ws(' ', 'done', had, place, date_part('epoch', now_at) * 1000);
end $$;

-- Which other transactions hold the locks of some names, the longest first.
create function lock_holders(names text[])
returns table (pid integer, state text, seconds double precision, query text)
language sql stable set search_path from current as $$
  select held.pid,
    coalesce(a.state, 'prepared transaction ' || p.gid),
    extract(epoch from clock_timestamp() - coalesce(a.xact_start, p.prepared))::double precision,
    a.query
  from unnest(names) n(name)
  cross join lateral (select lock_key(n.name)) k(key)
  join pg_locks held on held.locktype = 'advisory'
    and held.objsubid = 1
    and held.granted
    and held.classid = ((k.key >> 32) & 4294967295)::oid
    and held.objid = (k.key & 4294967295)::oid
    and held.database = (select oid from pg_database where datname = current_database())
  left join pg_stat_activity a on a.pid = held.pid
  left join pg_prepared_xacts p on held.pid is null and held.virtualtransaction = '-1/' || p.transaction::text
  where held.pid is distinct from pg_backend_pid()
  order by 3 desc nulls last
$$;
