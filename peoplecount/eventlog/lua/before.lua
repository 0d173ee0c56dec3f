-- ARGV: a moment. A dozen or two of looks at single entries.
local low, high = math.max(trimmed, folded), number
while low < high do
    local middle = math.floor((low + high + 1) / 2)
    local entry = redis.call('XRANGE', EVENTS, middle, '+', 'COUNT', 1)[1]
    if entry and tonumber(entry[2][AT]) < tonumber(ARGV[4]) then
        low = number_of(entry[1])
    else
        high = middle - 1
    end
end
return answer(low)
