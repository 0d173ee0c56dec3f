-- ARGV: term, then lines and moments by turns.
if ARGV[4] ~= term then
    return answer('term', term)
end
for place = 5, #ARGV, 2 do
    redis.call('HSET', SEEN, ARGV[place], ARGV[place + 1])
end
changed()
return answer()
