-- Blocks ARGV[1] at ARGV[2] for the owner of KEYS[1], at most ARGV[3] of them, kept for ARGV[4] ms after the last one.
-- Answers 0 when there are too many.
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
  redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
