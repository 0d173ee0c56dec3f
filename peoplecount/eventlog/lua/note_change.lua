-- KEYS: the audit log. ARGV: what is noted. Its number, which goes on from the last one whatever was struck out since.
local last = '0-0'
if redis.call('EXISTS', KEYS[1]) == 1 then
    local facts = redis.call('XINFO', 'STREAM', KEYS[1])
    for place = 1, #facts, 2 do
        if facts[place] == 'last-generated-id' then
            last = facts[place + 1]
        end
    end
end
local number = tonumber(string.match(last, '^%d+')) + 1
redis.call('XADD', KEYS[1], number .. '-0', 'change', ARGV[1])
return number
