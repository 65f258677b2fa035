-- Who suits whom, and the search for a match. The same bounds as in matchmaking/search.ts.

local MAX_KINDS = 64
local MAX_CANDIDATES = 128
local MAX_STEPS = 1000

local waits = { [0] = 0, settings.widenRegionMs, math.max(settings.widenRegionMs, settings.widenLanguageMs) }

local function takesAny(kind, what, level)
  local filtered = what == 'l' and kind.filtersLanguage or what == 'r' and kind.filtersRegion
  return filtered or kind[what] == '' or math.min(level, kind.w) >= (what == 'r' and 1 or 2)
end

local function fits(one, other, what)
  return takesAny(one, what, 0) or other[what] == '' or one[what] == other[what]
end

local function has(list, value)
  for _, each in ipairs(list) do
    if each == value then return true end
  end
  return false
end

local function computeLevel(one, other)
  for name, values in pairs(one.f) do
    local value = name == 'language' and other.l or name == 'region' and other.r or other.a[name]
    if value == nil or not has(values, value) then return false end
  end
  local level = not fits(one, other, 'l') and 2 or not fits(one, other, 'r') and 1 or 0
  return level <= one.w and level
end

-- How far `one` must have widened to take `other`; false: never.
local function levelNeeded(one, other)
  local level = one.levels[other]
  if level == nil then
    level = computeLevel(one, other)
    one.levels[other] = level
  end
  return level
end

local function takes(a, b)
  local level = levelNeeded(kindOf(a.kind), kindOf(b.kind))
  return level and now - a.since >= waits[level]
end

local function avoidKey(user)
  return base .. ':avoid:' .. user
end

-- The same whoever is named first. User ids hold no line ends.
local function metKey(one, other)
  if one < other then return base .. ':met:' .. one .. '\n' .. other end
  return base .. ':met:' .. other .. '\n' .. one
end

local function apart(a, b)
  if a.avoids and redis.call('SISMEMBER', avoidKey(a.user), b.user) == 1 then return true end
  if b.avoids and redis.call('SISMEMBER', avoidKey(b.user), a.user) == 1 then return true end
  local till = redis.call('GET', metKey(a.user, b.user))
  return till and tonumber(till) > now
end

local function findPlaces(kind, level)
  local languages = not takesAny(kind, 'l', level) and { kind.l, '' }
  local regions = not takesAny(kind, 'r', level) and { kind.r, '' }
  local places = {}
  if languages and regions then
    for _, language in ipairs(languages) do
      for _, region in ipairs(regions) do places[#places + 1] = language .. '|' .. region end
    end
    places.fixed = true
    return places
  end
  for _, place in ipairs(somePlaces(kind.s)) do
    local language, region = string.match(place, '^(.-)|(.*)$')
    if (not languages or has(languages, language)) and (not regions or has(regions, region)) then
      places[#places + 1] = place
    end
  end
  return places
end

local function placesFor(kind, level)
  local near = kind.near[level]
  -- Those that are looked up in the index may become more within the call.
  if near and near.fixed then return near end
  near = findPlaces(kind, level)
  kind.near[level] = near
  return near
end

local function candidates(t, again)
  local kind, waited = kindOf(t.kind), now - t.since
  local perKind, left, lines = kind.s * 4, MAX_KINDS, 0
  local found = {}
  local function look(text)
    local other = kindOf(text)
    local ours = levelNeeded(kind, other)
    if not ours or waited < waits[ours] then return end
    local theirs = levelNeeded(other, kind)
    if not theirs then return end
    local before, offset = now - waits[theirs], 0
    -- The oldest come first; but whoever looks in vain for a second time also looks behind them.
    if again and math.random() < 0.5 then
      local behind = redis.call('ZCOUNT', other.line, '-inf', before) - perKind + 1
      if behind > 1 then offset = math.random(0, behind - 1) end
    end
    local line = redis.call('ZRANGEBYSCORE', other.line, '-inf', before, 'WITHSCORES', 'LIMIT', offset, perKind)
    if #line > 0 then lines = lines + 1 end
    for index = 1, #line, 2 do
      if line[index] ~= t.user then found[#found + 1] = { user = line[index], since = tonumber(line[index + 1]) } end
    end
  end
  look(t.kind)
  local level = waited >= waits[2] and 2 or waited >= waits[1] and 1 or 0
  for _, place in ipairs(placesFor(kind, level)) do
    for _, text in ipairs(someKinds(kind.s, place)) do
      if left <= 0 or #found >= MAX_CANDIDATES then break end
      if text ~= t.kind then
        left = left - 1
        look(text)
      end
    end
  end
  if lines > 1 then
    table.sort(found, function(a, b)
      if a.since ~= b.since then return a.since < b.since end
      return a.user < b.user
    end)
  end
  return found
end

-- Those with whom a ticket makes a match, the longest waiting first; nil: there are none now.
local function search(t, again)
  local found, wanted, chosen, steps = candidates(t, again), kindOf(t.kind).s - 1, {}, MAX_STEPS
  local function suits(one)
    if apart(t, one) then return false end
    for _, other in ipairs(chosen) do
      if not takes(one, other) or not takes(other, one) or apart(one, other) then return false end
    end
    return true
  end
  local function complete(from)
    if #chosen == wanted then return true end
    for index = from, #found do
      if steps <= 0 then return false end
      steps = steps - 1
      local one = ticketOf(found[index].user)
      if one and suits(one) then
        chosen[#chosen + 1] = one
        if complete(index + 1) then return true end
        chosen[#chosen] = nil
      end
    end
    return false
  end
  return complete(1) and chosen or nil
end
