-- The newest connection of a user takes the place. KEYS: the user. ARGV: node, session, instance, lifetime in ms.
-- Nodes must agree on what is newer, so the time is Redis's own.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local before = redis.call('HMGET', KEYS[1], 'epoch', 'node', 'session', 'instance')
local epoch = string.format('%.0f', math.max(now, (tonumber(before[1]) or 0) + 1))
redis.call('HSET', KEYS[1], 'epoch', epoch, 'node', ARGV[1], 'session', ARGV[2], 'instance', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return { epoch, before }
