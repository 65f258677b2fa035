-- Writes a change of a room if nobody was faster, and tells it to all who follow the room, in that order.
-- KEYS: the room's hash, its outbox, its channel.
-- ARGV: the version the change was made from (0: no room), the version it makes, the message for the followers,
--       the room's time to live (ms), '1' when the room ends, the number of fields to set, field and value each,
--       the number of fields to delete, the fields, and what is to be put into the outbox.
-- Returns nothing when it is done; else the room's hash as it is.
local current = redis.call('HGET', KEYS[1], 'v') or '0'
if current ~= ARGV[1] then
  return redis.call('HGETALL', KEYS[1])
end
local at = 6
local sets = tonumber(ARGV[at])
at = at + 1
if ARGV[5] == '1' then
  redis.call('DEL', KEYS[1])
  at = at + 2 * sets
else
  for i = 1, sets do
    redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1])
    at = at + 2
  end
end
local deletes = tonumber(ARGV[at])
at = at + 1
for i = 1, deletes do
  if ARGV[5] ~= '1' then redis.call('HDEL', KEYS[1], ARGV[at]) end
  at = at + 1
end
if ARGV[5] ~= '1' then
  redis.call('HSET', KEYS[1], 'v', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
for i = at, #ARGV do
  redis.call('RPUSH', KEYS[2], ARGV[i])
end
redis.call('SPUBLISH', KEYS[3], ARGV[3])
return false
