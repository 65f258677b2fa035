-- Applies operations in order and answers their standings and the notices, as JSON. What each means is told at the
-- port (store/ticket-store.ts); how, in matchmaking/pool.ts.
-- ARGV: now, a random id, settings, operations, a random number.

local READY_MS, RETRY_MAX_MS = settings.readyMs, settings.retryMaxMs
local SWEEP = { matches = 64, ended = 512, done = 2048, due = 64 }
local matchCount = 0
local breakUp

local function standing(t)
  if t.state == 'ready' then return { state = 'ready', since = t.since, matchId = t.match, partners = t.partners } end
  local match = matchOf(t.match)
  if not match then return { state = 'waiting', since = t.since } end
  return { state = 'pending', since = t.since, matchId = t.match, confirmBy = match.by, size = #match.members }
end

local function renew(t)
  if t.state ~= 'ready' then sets.ends[t.user] = now + settings.staleMs end
end

local function nextLook(t)
  local waited = now - t.since
  local at = now + math.min(math.max(settings.retryMs, math.floor(waited / 2)), RETRY_MAX_MS)
  for _, step in ipairs({ waits[1], waits[2], settings.maxWaitMs }) do
    if step > waited then at = math.min(at, t.since + step) end
  end
  return at
end

local function stand(t)
  local kind = kindOf(t.kind)
  redis.call('ZADD', kind.line, timeText(t.since), t.user)
  openKind(kind)
  touchedKinds[t.kind] = true
  t.lined = true
  sets.due[t.user] = nextLook(t)
end

local function leaveLine(t)
  if t.state ~= 'waiting' or t.lined == false then return end
  redis.call('ZREM', kindOf(t.kind).line, t.user)
  touchedKinds[t.kind] = true
  t.lined = false
  sets.due[t.user] = false
end

local function match(t, again)
  local chosen = search(t, again)
  if not chosen then return false end
  table.insert(chosen, 1, t)
  matchCount = matchCount + 1
  local id, by, members = seed .. matchCount, now + settings.confirmMs, {}
  for index, member in ipairs(chosen) do members[index] = member.user end
  matches[id] = { members = members, by = by, confirmed = {} }
  changedMatches[id] = true
  sets.leases[id] = by
  for _, member in ipairs(chosen) do
    leaveLine(member)
    member.state, member.match = 'pending', id
    changed(member)
    tell(member, { type = 'found', matchId = id, confirmBy = by, size = #members })
  end
  return true
end

local function join(t)
  t.state, t.match, t.lined = 'waiting', '', false
  changed(t)
  if not match(t, false) then stand(t) end
  return standing(t)
end

local function remove(t)
  leaveLine(t)
  sets.ends[t.user] = false
  if t.state == 'ready' then
    sets.done[t.user] = false
    doneCount = doneCount - 1
  else
    ticketCount = ticketCount - 1
  end
  if t.avoids then redis.call('DEL', avoidKey(t.user)) end
  tickets[t.user] = false
  changed(t)
  if t.match ~= '' then breakUp(t.match, { [t.user] = true }) end
end

-- A match that will not be: all but `without` stand where they stood before.
breakUp = function(id, without)
  local broken = matchOf(id)
  if not broken then return end
  matches[id] = false
  changedMatches[id] = true
  sets.leases[id] = false
  local back = {}
  for _, user in ipairs(broken.members) do
    if not without[user] then
      local t = ticketOf(user)
      t.state, t.match = 'waiting', ''
      changed(t)
      stand(t)
      tell(t, { type = 'requeued' })
      back[#back + 1] = t
    end
  end
  for _, t in ipairs(back) do
    if t.state == 'waiting' then match(t, false) end
  end
end

local function avoidOnly(t, users)
  if t.avoids then redis.call('DEL', avoidKey(t.user)) end
  t.avoids = #users > 0
  if t.avoids then inChunks(users, function(...) redis.call('SADD', avoidKey(t.user), ...) end) end
end

local function enqueue(ticket)
  local before = ticketOf(ticket.userId)
  if not before and ticketCount >= settings.maxTickets then return { state = 'full' } end
  if before and before.id == ticket.ticketId then
    before.session, before.node = ticket.sessionId, ticket.nodeId
    changed(before)
    if before.state == 'ready' then return standing(before) end
    avoidOnly(before, ticket.avoid)
    renew(before)
    leaveLine(before)
    before.kind = ticket.kind
    if before.state == 'pending' then return standing(before) end
    return join(before)
  end
  if before then
    if before.session ~= ticket.sessionId then tell(before, { type = 'closed', code = 'replaced' }) end
    remove(before)
  end
  local t = {
    user = ticket.userId, id = ticket.ticketId, session = ticket.sessionId, node = ticket.nodeId,
    since = ticket.since, kind = ticket.kind, state = 'waiting', match = '', partners = {}, avoids = false,
  }
  tickets[t.user] = t
  ticketCount = ticketCount + 1
  avoidOnly(t, ticket.avoid)
  renew(t)
  return join(t)
end

local function isOf(t, named)
  return t.id == named.ticketId and t.session == named.sessionId
end

local function touch(named)
  local t = ticketOf(named.userId)
  if not t then return { state = 'none' } end
  if not isOf(t, named) then return { state = 'taken' } end
  if t.state == 'waiting' or t.state == 'pending' then renew(t) end
  return standing(t)
end

local function open(id, members)
  matches[id] = false
  changedMatches[id] = true
  sets.leases[id] = false
  local metUntil = timeText(now + settings.recentMs)
  for index, user in ipairs(members) do
    local t, partners = ticketOf(user), {}
    for other, partner in ipairs(members) do
      if other ~= index then partners[#partners + 1] = partner end
      if other > index then
        redis.call('SET', metKey(user, partner), metUntil, 'PX', settings.recentMs)
      end
    end
    t.state, t.partners = 'ready', partners
    avoidOnly(t, {})
    changed(t)
    sets.ends[user] = false
    sets.done[user] = now + READY_MS
    doneCount, ticketCount = doneCount + 1, ticketCount - 1
    tell(t, { type = 'ready', matchId = id, partners = partners, since = t.since })
  end
end

local apply = { enqueue = function(operation) return enqueue(operation.ticket) end, touch = touch }

function apply.assert(operation)
  if ticketOf(operation.ticket.userId) then return touch(operation.ticket) end
  return enqueue(operation.ticket)
end

function apply.confirm(operation)
  local t = ticketOf(operation.userId)
  if not t or not isOf(t, operation) or t.match ~= operation.matchId then return { state = 'none' } end
  local confirmed = matchOf(t.match)
  if not confirmed then return standing(t) end
  if now > confirmed.by then return { state = 'none' } end
  confirmed.confirmed[t.user] = true
  changedMatches[t.match] = true
  for _, user in ipairs(confirmed.members) do
    if not confirmed.confirmed[user] then return standing(t) end
  end
  open(t.match, confirmed.members)
  return standing(t)
end

function apply.cancel(operation)
  local t = ticketOf(operation.userId)
  if not t or t.id ~= operation.ticketId then return { state = 'none' } end
  local was = standing(t)
  remove(t)
  return was
end

function apply.park(operation)
  local t = ticketOf(operation.userId)
  if not t then return { state = 'none' } end
  if not isOf(t, operation) then return { state = 'taken' } end
  if t.state == 'waiting' or t.state == 'pending' then
    local id = t.match
    leaveLine(t)
    t.state, t.match = 'parked', ''
    changed(t)
    sets.ends[t.user] = now + settings.graceMs
    breakUp(id, { [t.user] = true })
  end
  return standing(t)
end

function apply.avoid(operation)
  local t = ticketOf(operation.userId)
  if not t then return { state = 'none' } end
  -- Whoever has met somebody looks for nobody any more.
  if t.state == 'ready' then return standing(t) end
  redis.call('SADD', avoidKey(t.user), operation.other)
  t.avoids = true
  changed(t)
  local shared = matchOf(t.match)
  if shared and has(shared.members, operation.other) then breakUp(t.match, {}) end
  return standing(t)
end

function apply.sweep()
  writeAll()
  local swept = { state = 'swept', stale = 0, vanished = 0, unconfirmed = 0, expired = 0 }
  local lapsed = redis.call('ZRANGEBYSCORE', base .. ':leases', '-inf', now - 1, 'LIMIT', 0, SWEEP.matches)
  for _, id in ipairs(lapsed) do
    local late, silent, without = matchOf(id), {}, {}
    for _, user in ipairs(late.members) do
      if not late.confirmed[user] then
        local t = ticketOf(user)
        silent[#silent + 1], without[user] = t, true
        tell(t, { type = 'closed', code = 'match_expired' })
      end
    end
    breakUp(id, without)
    for _, t in ipairs(silent) do remove(t) end
    swept.unconfirmed = swept.unconfirmed + 1
  end
  writeAll()
  local ended = redis.call('ZRANGEBYSCORE', base .. ':ends', '-inf', now, 'LIMIT', 0, SWEEP.ended)
  fetchTickets(ended)
  for _, user in ipairs(ended) do
    local t = ticketOf(user)
    if t then
      local how = t.state == 'parked' and 'vanished' or 'stale'
      swept[how] = swept[how] + 1
      remove(t)
    end
  end
  writeAll()
  local done = redis.call('ZRANGEBYSCORE', base .. ':done', '-inf', now, 'LIMIT', 0, SWEEP.done)
  -- Nothing else knows of those who have met but what they avoid.
  for _, user in ipairs(done) do
    tickets[user] = false
    changedTickets[user] = true
    sets.done[user] = false
    doneCount = doneCount - 1
  end
  local due = redis.call('ZRANGEBYSCORE', base .. ':due', '-inf', now, 'LIMIT', 0, SWEEP.due)
  fetchTickets(due)
  for _, user in ipairs(due) do
    local t = ticketOf(user)
    if t and t.state == 'waiting' then
      if now - t.since >= settings.maxWaitMs then
        tell(t, { type = 'closed', code = 'match_expired' })
        remove(t)
        swept.expired = swept.expired + 1
      elseif not match(t, true) then
        sets.due[user] = nextLook(t)
      end
    end
  end
  swept.tickets, swept.isEmpty = ticketCount, ticketCount + doneCount == 0
  swept.more = #lapsed == SWEEP.matches or #ended == SWEEP.ended or #done == SWEEP.done or #due == SWEEP.due
  return swept
end

local users = {}
for _, operation in ipairs(operations) do
  local user = operation.userId or operation.ticket and operation.ticket.userId
  if user then users[#users + 1] = user end
end
fetchTickets(users)
local standings = {}
for index, operation in ipairs(operations) do standings[index] = apply[operation.op](operation) end
writeAll()
local told = #notices > 0 and cjson.encode(notices) or '[]'
return '{"standings":' .. (#standings > 0 and cjson.encode(standings) or '[]') .. ',"notices":' .. told .. '}'
