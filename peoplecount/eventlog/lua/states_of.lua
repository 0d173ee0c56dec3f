-- ARGV: how many keys of states, the keys, then lines. Bodies, versions, and when the lines were last seen.
local bodies, versions, seen = {}, {}, {}
for place = 5, #ARGV do
    if place < 5 + tonumber(ARGV[4]) then
        bodies[#bodies + 1] = redis.call('HGET', STATES, ARGV[place])
        versions[#versions + 1] = redis.call('HGET', VERSIONS, ARGV[place])
    else
        seen[#seen + 1] = redis.call('HGET', SEEN, ARGV[place])
    end
end
return answer(bodies, versions, seen)
