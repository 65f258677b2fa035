-- Carries a node's presence on: from a version and a number of users to the next version.
-- KEYS: the node's hash. Its field '' holds 'incarnation version'; every other field is a user, its value their rooms.
-- ARGV: incarnation, version before, users before, version after, ms to live, then users and rooms ('' to remove).
local function meta(version) return ARGV[1] .. ' ' .. version end

if redis.call('HGET', KEYS[1], '') ~= meta(ARGV[2]) then return 0 end
if redis.call('HLEN', KEYS[1]) ~= tonumber(ARGV[3]) + 1 then return 0 end
for i = 6, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[i])
  else redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
redis.call('HSET', KEYS[1], '', meta(ARGV[4]))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
