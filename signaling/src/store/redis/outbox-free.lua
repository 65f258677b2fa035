-- Nobody delivers for the room any more, if it was this node. KEYS: who delivers for the room. ARGV: the node.
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
