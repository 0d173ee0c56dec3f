-- ARGV: shards. Those of them that nobody has who is there.
local found = {}
for place = 4, #ARGV do
    if is_free(ARGV[place]) then
        found[#found + 1] = ARGV[place]
    end
end
return answer(found)
