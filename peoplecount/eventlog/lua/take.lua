-- ARGV: who asks, then the shards that they want. They are given those that are free by a term of their own, which is
-- the first thing answered; it is 0 where there are none. What they had before is free from now on.
local who, taken, given_up = ARGV[4], {}, false
local tenures = redis.call('HGETALL', TENURES)
for place = 1, #tenures, 2 do
    if tenures[place + 1] == who then
        redis.call('HDEL', TENURES, tenures[place])
        given_up = true
    end
end
if is_there(who) then
    for place = 5, #ARGV do
        if is_free(ARGV[place]) then
            taken[#taken + 1] = ARGV[place]
        end
    end
end
if given_up or #taken > 0 then
    changed()
end
if #taken == 0 then
    return answer('0', taken)
end
next_term()
for _, shard in ipairs(taken) do
    local before = redis.call('HGET', SHARDS, shard)
    if before then
        redis.call('HDEL', TENURES, before)
    end
    redis.call('HSET', SHARDS, shard, term)
end
redis.call('HSET', TENURES, term, who)
return answer(term, taken)
