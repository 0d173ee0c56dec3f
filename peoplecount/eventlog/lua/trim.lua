-- ARGV: the last number and the moment up to which entries may go, and how many at once. Stops at the first entry that
-- is not old enough, even where a clock set back made later ones look older: what is kept has no holes.
local last, gone = nil, 0
for _, entry in ipairs(redis.call('XRANGE', EVENTS, '-', ARGV[4], 'COUNT', ARGV[6])) do
    if tonumber(entry[2][AT]) >= tonumber(ARGV[5]) then
        break
    end
    last, gone = number_of(entry[1]), gone + 1
    if last <= folded then
        redis.call('HDEL', FOLDED, last)
    end
end
if last then
    note_incomplete(last)
    redis.call('XTRIM', EVENTS, 'MINID', (last + 1) .. '-0')
    redis.call('HSET', LOG, 'trimmed', last)
    changed()
end
return answer(gone)
