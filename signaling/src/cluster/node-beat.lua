-- A node says that it is alive, and learns who else is.
-- KEYS: the nodes by the time they were last heard, what they say of themselves, the name of this store's life.
-- ARGV: the node's id, what it says of itself, a name for the life if there is none yet.
-- Returns: the time (ms), the name of the life, then id, time and words of each node.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('SET', KEYS[3], ARGV[3], 'NX')
local answer = { tostring(now), redis.call('GET', KEYS[3]) }
local nodes = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #nodes, 2 do
  table.insert(answer, nodes[i])
  table.insert(answer, tostring(nodes[i + 1]))
  table.insert(answer, redis.call('HGET', KEYS[2], nodes[i]) or '')
end
return answer
