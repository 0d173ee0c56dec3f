-- ARGV: the number after which to read, and how many entries at most.
local found = redis.call('XRANGE', EVENTS, '(' .. ARGV[4], '+', 'COUNT', ARGV[5])
return answer(found, rewritten_among(found))
