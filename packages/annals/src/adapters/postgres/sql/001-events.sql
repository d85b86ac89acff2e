-- breaks older code: no (there is none before it)
--
-- The events and what is kept beside them. Every file here runs with the schema of the store as its
-- search_path, and the functions keep it.

create table settings (
  name text primary key,
  value text not null
);

-- tells this history from that of another schema
insert into settings (name, value)
values ('epoch', gen_random_uuid()::text);

-- cache 1: positions are handed out in the order in which they are asked for
create sequence events_position cache 1;

create table events (
  position bigint primary key, -- no default: whoever takes one has stamped its transaction before
  tenant text collate "C" not null,
  category text collate "C" not null,
  stream_id text collate "C" not null,
  version bigint not null,
  id uuid not null,
  type text collate "C" not null,
  schema_version integer not null,
  -- json and not jsonb: it keeps the text as it was given, and is faster to write and to read
  data json not null,
  metadata json not null,
  tags text[] collate "C", -- null when there are none; event_tags is its index
  at timestamptz not null, -- never going back within a stream
  constraint events_version_key unique (tenant, category, stream_id, version),
  constraint events_id_key unique (id)
);

-- a B-tree, because a GIN index collapses with volume
create table event_tags (
  tenant text collate "C" not null,
  tag text collate "C" not null,
  position bigint not null,
  primary key (tenant, tag, position)
);

create table once (
  tenant text collate "C" not null,
  category text collate "C" not null,
  stream_id text collate "C" not null,
  key text collate "C" not null,
  fingerprint text not null,
  version bigint not null,
  events integer not null,
  position bigint not null,
  at timestamptz not null,
  primary key (tenant, category, stream_id, key)
);

-- What may change events (erasing, archiving) says so for its transaction:
-- set local annals.events_may_change = 'yes'.
create function refuse_change() returns trigger language plpgsql as $$
begin
  if current_setting('annals.events_may_change', true) = 'yes' then
    return null;
  end if;
  raise exception 'events are facts: % takes no %', tg_table_name, lower(tg_op)
    using errcode = 'restrict_violation';
end $$;

create trigger events_are_not_changed
before update or delete or truncate on events
for each statement execute function refuse_change();

-- Whoever inserts has stamped its transaction, which is what followers wait for.
create function refuse_unstamped() returns trigger language plpgsql set search_path from current as $$
begin
  if current_setting('annals.stamped', true) = 'events_position'::regclass::oid::text
    or current_setting('annals.events_may_change', true) = 'yes' then
    return null;
  end if;
  raise exception 'events are appended by append_events only'
    using errcode = 'restrict_violation';
end $$;

create trigger events_are_appended
before insert on events
for each statement execute function refuse_unstamped();
