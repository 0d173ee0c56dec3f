-- KEYS: texts and versions. ARGV: key, whether what was there matters, whether there was anything, what that was, whether
-- there is to be anything, and what. Its version; -1 where something else was there.
local TEXTS, VERSIONS = KEYS[1], KEYS[2]
local key, before = ARGV[1], redis.call('HGET', KEYS[1], ARGV[1])
if ARGV[2] == '1' and before ~= (ARGV[3] == '1' and ARGV[4]) then
    return -1
end
if ARGV[5] == '0' then
    redis.call('HDEL', TEXTS, key)
    redis.call('HDEL', VERSIONS, key)
    return 0
end
redis.call('HSET', TEXTS, key, ARGV[6])
return redis.call('HINCRBY', VERSIONS, key, 1)
