-- Takes a node out of the list if it has not been heard since; one caller gets 1, and sees to what it left behind.
-- KEYS: the nodes by the time they were last heard, what they say of themselves. ARGV: the node's id, that time.
local at = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not at or tonumber(at) > tonumber(ARGV[2]) then
  return 0
end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
return 1
