-- Drops the oldest entries of a room.
-- KEYS: the room's outbox, the positions in it. ARGV: how many. Returns how many there were.
local count = math.min(tonumber(ARGV[1]), redis.call('LLEN', KEYS[1]))
if count > 0 then
  redis.call('LTRIM', KEYS[1], count, -1)
  redis.call('HINCRBY', KEYS[2], 'base', count)
end
return count
