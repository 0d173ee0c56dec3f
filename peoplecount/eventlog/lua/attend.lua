-- KEYS: those who are there. ARGV: a name, and for how many milliseconds it is there; 0 where it is there no longer.
-- Everybody who is there by then.
local now = redis.call('TIME')
local moment = now[1] * 1000 + math.floor(now[2] / 1000)
if ARGV[2] == '0' then
    redis.call('ZREM', KEYS[1], ARGV[1])
else
    local latest = string.format('%.0f', moment + ARGV[2])
    redis.call('ZADD', KEYS[1], latest, ARGV[1])
    -- The server's clock was set back, or another server took over: who is lost must not be there until then.
    for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. latest, '+inf')) do
        redis.call('ZADD', KEYS[1], latest, member)
    end
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', moment))
return redis.call('ZRANGE', KEYS[1], 0, -1)
