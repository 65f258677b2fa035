-- The oldest entry of a room that a receiver has not accepted, if this node may deliver for the room.
-- KEYS: the room's outbox, the positions in it, who delivers for the room.
-- ARGV: this node, how long it may (ms), the most entries there may be, the receiver.
-- Returns how many entries had to be dropped, and position and text of the entry, if there is one.
local holder = redis.call('GET', KEYS[3])
if holder and holder ~= ARGV[1] then return { 0 } end
local length = redis.call('LLEN', KEYS[1])
if length == 0 then
  redis.call('DEL', KEYS[2], KEYS[3])
  return { 0 }
end
redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[2])
local dropped = math.max(0, length - tonumber(ARGV[3]))
if dropped > 0 then
  redis.call('LTRIM', KEYS[1], dropped, -1)
  redis.call('HINCRBY', KEYS[2], 'base', dropped)
end
local base = tonumber(redis.call('HGET', KEYS[2], 'base') or '0')
local at = math.max(base, tonumber(redis.call('HGET', KEYS[2], 'at:' .. ARGV[4]) or '0'))
local text = redis.call('LINDEX', KEYS[1], at - base)
if not text then return { dropped } end
return { dropped, at, text }
