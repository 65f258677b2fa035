-- Takes a room out of the index, unless it was touched since it was looked at. KEYS: the index. ARGV: the room, its score.
if redis.call('ZSCORE', KEYS[1], ARGV[1]) == ARGV[2] then return redis.call('ZREM', KEYS[1], ARGV[1]) end
return 0
