-- ARGV: term, how many of the newest entries go, their fields, then the lines that go.
if not leads(ARGV[4]) then
    return answer('term', term)
end
for place = 6, #ARGV do
    redis.call('HDEL', place < 6 + tonumber(ARGV[5]) and LATEST or SEEN, ARGV[place])
end
changed()
return answer()
