-- Whom people do not want to meet, and what they had to say about others. Parley's signaling servers read and write
-- both with the service key, which row level security does not bind; so what nobody else may do is revoked, too.

create table public.parley_blocks (
  owner text not null check (char_length(owner) between 1 and 128),
  blocked text not null check (char_length(blocked) between 1 and 128),
  created_at timestamptz not null default now(),
  primary key (owner, blocked),
  check (owner <> blocked)
);

create table public.parley_reports (
  id bigint generated always as identity primary key,
  reporter text not null check (char_length(reporter) between 1 and 128),
  reported text not null check (char_length(reported) between 1 and 128),
  room_id text not null check (char_length(room_id) between 1 and 256),
  reason text not null check (char_length(reason) between 1 and 1000),
  created_at timestamptz not null default now()
);

create index parley_reports_reporter on public.parley_reports (reporter);
create index parley_reports_reported on public.parley_reports (reported, created_at desc);

alter table public.parley_blocks enable row level security;
alter table public.parley_reports enable row level security;

-- People of the project see their own; everything they change goes through Parley.
create policy "people see whom they have blocked" on public.parley_blocks
  for select to authenticated using (owner = (select auth.uid())::text);
create policy "people see what they have reported" on public.parley_reports
  for select to authenticated using (reporter = (select auth.uid())::text);

revoke all on public.parley_blocks, public.parley_reports from public, anon, authenticated;
grant select on public.parley_blocks, public.parley_reports to authenticated;
grant select, insert, delete on public.parley_blocks, public.parley_reports to service_role;

-- Answers false when the owner has blocked `most` people already. To block someone again changes nothing.
create function public.parley_block(owner_id text, other_id text, blocked_at timestamptz, most integer)
returns boolean language plpgsql security invoker set search_path = '' as $$
begin
  -- One at a time for each owner: two at once would each see room for one more.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(owner_id, 0));
  if exists (select from public.parley_blocks where owner = owner_id and blocked = other_id) then
    return true;
  end if;
  if (select count(*) from public.parley_blocks where owner = owner_id) >= most then
    return false;
  end if;
  insert into public.parley_blocks (owner, blocked, created_at) values (owner_id, other_id, blocked_at);
  return true;
end
$$;

create function public.parley_unblock(owner_id text, other_id text)
returns void language sql security invoker set search_path = '' as $$
  delete from public.parley_blocks where owner = owner_id and blocked = other_id;
$$;

-- The newest first.
create function public.parley_blocked_by(owner_id text)
returns setof text language sql stable security invoker set search_path = '' as $$
  select blocked from public.parley_blocks where owner = owner_id order by created_at desc, blocked;
$$;

revoke all on function
  public.parley_block(text, text, timestamptz, integer),
  public.parley_unblock(text, text),
  public.parley_blocked_by(text)
from public, anon, authenticated;
grant execute on function
  public.parley_block(text, text, timestamptz, integer),
  public.parley_unblock(text, text),
  public.parley_blocked_by(text)
to service_role;
