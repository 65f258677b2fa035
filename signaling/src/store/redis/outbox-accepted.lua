-- A receiver has accepted an entry: what all have accepted is gone.
-- KEYS: the room's outbox, the positions in it, who delivers for the room.
-- ARGV: this node, the position, the receiver, and all receivers there are.
-- Whoever no longer delivers for the room changes nothing: the entry comes again.
if redis.call('GET', KEYS[3]) ~= ARGV[1] then return 0 end
local base = tonumber(redis.call('HGET', KEYS[2], 'base') or '0')
local function positionOf(receiver)
  return math.max(base, tonumber(redis.call('HGET', KEYS[2], 'at:' .. receiver) or '0'))
end
local at = math.max(positionOf(ARGV[3]), tonumber(ARGV[2]) + 1)
redis.call('HSET', KEYS[2], 'at:' .. ARGV[3], at)
local everywhere = at
for i = 4, #ARGV do
  everywhere = math.min(everywhere, positionOf(ARGV[i]))
end
if everywhere > base then
  redis.call('LTRIM', KEYS[1], everywhere - base, -1)
  redis.call('HSET', KEYS[2], 'base', everywhere)
end
if redis.call('LLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[2], KEYS[3]) end
return 1
