-- What the scripts of the ticket store share: where things are, and what one call has seen and changed of them.
-- The rules are those of matchmaking/pool.ts and search.ts; one contract holds both to them. All keys begin with
-- KEYS[1], which carries the hash tag. A ticket is in one line (a ZSET by time) for each kind of wishes; the kinds
-- are found by size and place, so that a search looks at few of them.

local base = KEYS[1]
local now = tonumber(ARGV[1])
local seed = ARGV[2]
local settings = cjson.decode(ARGV[3])
local operations = cjson.decode(ARGV[4])
math.randomseed(tonumber(ARGV[5]))

local CHUNK = 400
local MAX_DRAWN = 64

local notices = {}
local tickets, changedTickets = {}, {}
local matches, changedMatches = {}, {}
-- Changes to the sorted sets, written in one go: member -> score, or false when it goes.
local sets = { ends = {}, done = {}, due = {}, leases = {} }
local kinds = {}
local placesOfSize, kindsAtPlace = {}, {}
local touchedKinds, openKinds = {}, {}
-- Those who have met stay for a moment, and take nobody's place.
local doneCount = redis.call('ZCARD', base .. ':done')
local ticketCount = redis.call('HLEN', base .. ':tickets') - doneCount

-- A time as Redis takes it: formatted once, since most of what one call writes is due at the same few times.
local times = {}
local function timeText(ms)
  local text = times[ms]
  if not text then
    text = string.format('%d', ms)
    times[ms] = text
  end
  return text
end

local function inChunks(list, fn)
  for from = 1, #list, CHUNK do
    fn(unpack(list, from, math.min(from + CHUNK - 1, #list)))
  end
end

local function unpackTicket(user, packed)
  if not packed then return false end
  local p = cmsgpack.unpack(packed)
  return {
    user = user, id = p[1], session = p[2], node = p[3], since = p[4], kind = p[5], state = p[6],
    match = p[7], partners = p[8], avoids = p[9],
  }
end

local function packTicket(t)
  return cmsgpack.pack({ t.id, t.session, t.node, t.since, t.kind, t.state, t.match, t.partners, t.avoids })
end

local function ticketOf(user)
  if tickets[user] == nil then tickets[user] = unpackTicket(user, redis.call('HGET', base .. ':tickets', user)) end
  return tickets[user]
end

local function fetchTickets(users)
  inChunks(users, function(...)
    for index, packed in ipairs(redis.call('HMGET', base .. ':tickets', ...)) do
      local user = select(index, ...)
      if tickets[user] == nil then tickets[user] = unpackTicket(user, packed) end
    end
  end)
end

local function matchOf(id)
  if id == '' then return false end
  if matches[id] == nil then
    local packed = redis.call('HGET', base .. ':matches', id)
    matches[id] = packed and cmsgpack.unpack(packed)
  end
  return matches[id]
end

local function kindOf(text)
  local kind = kinds[text]
  if not kind then
    kind = cjson.decode(text)
    kind.text = text
    kind.levels = {}
    kind.near = {}
    kind.line = base .. ':line:' .. text
    kind.place = kind.l .. '|' .. kind.r
    kind.filtersLanguage = kind.f.language ~= nil
    kind.filtersRegion = kind.f.region ~= nil
    kinds[text] = kind
  end
  return kind
end

local function kindsKey(size, place)
  return base .. ':kinds:' .. size .. ':' .. place
end

-- A few of the places where tickets of a size wait; the same ones for the whole call, and those it opens.
local function somePlaces(size)
  if not placesOfSize[size] then
    placesOfSize[size] = redis.call('SRANDMEMBER', base .. ':places:' .. size, MAX_DRAWN)
  end
  return placesOfSize[size]
end

local function someKinds(size, place)
  local key = kindsKey(size, place)
  if not kindsAtPlace[key] then kindsAtPlace[key] = redis.call('SRANDMEMBER', key, MAX_DRAWN) end
  return kindsAtPlace[key]
end

local function openKind(kind)
  if openKinds[kind.text] then return end
  openKinds[kind.text] = true
  local key = kindsKey(kind.s, kind.place)
  if redis.call('SADD', key, kind.text) == 1 and kindsAtPlace[key] then
    table.insert(kindsAtPlace[key], kind.text)
  end
  if redis.call('SADD', base .. ':places:' .. kind.s, kind.place) == 1 and placesOfSize[kind.s] then
    table.insert(placesOfSize[kind.s], kind.place)
  end
end

local function closeEmptyKinds()
  for text in pairs(touchedKinds) do
    local kind = kindOf(text)
    if redis.call('EXISTS', kind.line) == 0 then
      local key = kindsKey(kind.s, kind.place)
      redis.call('SREM', key, text)
      openKinds[text] = nil
      if redis.call('EXISTS', key) == 0 then redis.call('SREM', base .. ':places:' .. kind.s, kind.place) end
    end
  end
  touchedKinds = {}
end

local function writeHash(name, changed, values, pack)
  local set, del = {}, {}
  for member in pairs(changed) do
    local value = values[member]
    if value then
      set[#set + 1] = member
      set[#set + 1] = pack(value)
    else
      del[#del + 1] = member
    end
  end
  inChunks(set, function(...) redis.call('HSET', base .. name, ...) end)
  inChunks(del, function(...) redis.call('HDEL', base .. name, ...) end)
end

local function writeSet(name)
  local add, rem = {}, {}
  for member, score in pairs(sets[name]) do
    if score then
      add[#add + 1] = timeText(score)
      add[#add + 1] = member
    else
      rem[#rem + 1] = member
    end
  end
  sets[name] = {}
  inChunks(add, function(...) redis.call('ZADD', base .. ':' .. name, ...) end)
  inChunks(rem, function(...) redis.call('ZREM', base .. ':' .. name, ...) end)
end

local function writeAll()
  writeHash(':tickets', changedTickets, tickets, packTicket)
  writeHash(':matches', changedMatches, matches, cmsgpack.pack)
  changedTickets, changedMatches = {}, {}
  for name in pairs(sets) do writeSet(name) end
  closeEmptyKinds()
end

local function changed(t)
  changedTickets[t.user] = true
end

local function tell(t, news)
  news.userId, news.ticketId, news.sessionId, news.nodeId = t.user, t.id, t.session, t.node
  notices[#notices + 1] = news
end
