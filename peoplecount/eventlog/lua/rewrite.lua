-- ARGV: term, up to where, number of entries that go; number, moment and body of each as it was read, and for those
-- that are replaced the new body behind them.
if not leads(ARGV[4]) then
    return answer('term', term)
end
local up_to, dropped = tonumber(ARGV[5]), tonumber(ARGV[6])

local function is_as_read(place)
    local entry = redis.call('XRANGE', EVENTS, ARGV[place], ARGV[place])[1]
    return entry and entry[2][AT] == ARGV[place + 1] and body_of(tonumber(ARGV[place]), entry[2]) == ARGV[place + 2]
end

local first_replaced = 7 + 3 * dropped
for place = 7, first_replaced - 1, 3 do
    if not is_as_read(place) then
        return answer('entry', ARGV[place])
    end
end
for place = first_replaced, #ARGV, 4 do
    if not is_as_read(place) then
        return answer('entry', ARGV[place])
    end
end

note_incomplete(up_to)
for place = 7, first_replaced - 1, 3 do
    redis.call('XDEL', EVENTS, ARGV[place])
    redis.call('HDEL', FOLDED, ARGV[place])
end
for place = first_replaced, #ARGV, 4 do
    redis.call('HSET', FOLDED, ARGV[place], ARGV[place + 3])
end
redis.call('HSET', LOG, 'folded', math.max(folded, up_to))
changed()
return answer()
