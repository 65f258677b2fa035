-- A node tells again who holds the place; whoever came later keeps it. KEYS: the user.
-- ARGV: epoch, node, session, instance, lifetime in ms.
local before = redis.call('HMGET', KEYS[1], 'epoch', 'node', 'session', 'instance')
if before[1] and before[3] ~= ARGV[3] then
  local theirs, mine = tonumber(before[1]), tonumber(ARGV[1])
  if theirs > mine or (theirs == mine and before[3] > ARGV[3]) then
    return { 0, before }
  end
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'node', ARGV[2], 'session', ARGV[3], 'instance', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return { 1, before }
