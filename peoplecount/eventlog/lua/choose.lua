-- ARGV: the number after which to look, the last one to look at, how many entries at most, and by field which values.
local most, wanted, chosen = tonumber(ARGV[6]), cjson.decode(ARGV[7]), {}

local function is_wanted(fields)
    for place, values in pairs(wanted) do
        if not values[fields[tonumber(place)]] then
            return false
        end
    end
    return true
end

for _, entry in ipairs(redis.call('XRANGE', EVENTS, '(' .. ARGV[4], ARGV[5])) do
    if #chosen == most then
        break
    end
    if is_wanted(entry[2]) then
        chosen[#chosen + 1] = entry
    end
end
return answer(chosen, rewritten_among(chosen))
