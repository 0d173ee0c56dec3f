-- ARGV: term, then lines and moments by turns.
if not leads(ARGV[4]) then
    return answer('term', term)
end
for place = 5, #ARGV, 2 do
    redis.call('HSET', SEEN, ARGV[place], ARGV[place + 1])
end
changed()
return answer()
