-- Gives the place up, if that connection still has it. KEYS: the user. ARGV: session.
if redis.call('HGET', KEYS[1], 'session') == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
