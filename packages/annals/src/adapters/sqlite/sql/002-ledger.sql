-- breaks older code: yes (it would append and leave behind the read models that are inline)
--
-- How far those are that follow the log, who runs them, and what they put aside. The documents of a view are in a
-- table of its own, annals_view_<name>_v<version>, which is made when the view is registered.

create table annals_processors (
  name text not null,
  version text not null,
  kind text not null,
  mode text not null check (mode in ('following', 'inline')),
  live integer not null, -- 1 for the version of its name that is read where none is said
  paused integer not null default 0,
  wanted integer not null, -- slices
  tables text not null default '[]', -- of a projection, without their versions
  primary key (name, version)
) strict, without rowid;

-- asked for by each append
create index annals_processors_inline on annals_processors (name)
where mode = 'inline';

create table annals_slices (
  name text not null,
  version text not null,
  first integer not null, -- hash, from 0 to 1,023
  last integer not null,
  position integer not null, -- while the processor is inline: that of when it became so
  owner text,
  token integer not null default 0, -- one more with each owner, so that the one before is refused
  expires integer not null default 0, -- milliseconds since 1970
  primary key (name, version, first)
) strict, without rowid;

-- who would run what, said again every few seconds
create table annals_runners (
  name text not null,
  version text not null,
  owner text not null,
  expires integer not null,
  error text, -- what goes wrong with it there
  primary key (name, version, owner)
) strict, without rowid;

create table annals_parked (
  name text not null,
  version text not null,
  tenant text not null,
  queue text not null,
  position integer not null,
  hash integer not null,
  event_id text not null,
  type text not null,
  attempts integer not null,
  error text,
  at integer not null,
  next integer, -- null where it is not tried again by itself
  request text check (request in ('retry', 'discard')),
  head integer not null, -- 1 for the first of its queue
  primary key (name, version, tenant, queue, position)
) strict;

-- few, where many wait behind them
create index annals_parked_heads on annals_parked (name, version, hash)
where head = 1;
