-- ARGV: term, moment, number of changes of states, their keys, expected versions and bodies, then the events' fields.
-- Everything is looked at before anything is written: what a script has written is not taken back.
if not leads(ARGV[4]) then
    return answer('term', term)
end
local now, changes, place = ARGV[5], tonumber(ARGV[6]), 7
local new_versions, new_bodies = {}, {}
for _ = 1, changes do
    local key, expected, body = ARGV[place], tonumber(ARGV[place + 1]), ARGV[place + 2]
    local version = new_versions[key] or tonumber(redis.call('HGET', VERSIONS, key) or 0)
    if version ~= expected or (body == '' and version == 0) then
        return answer('state', key, expected)
    end
    new_versions[key] = body == '' and 0 or version + 1
    new_bodies[key] = body
    place = place + 3
end

for key, version in pairs(new_versions) do
    if version == 0 then
        redis.call('HDEL', VERSIONS, key)
        redis.call('HDEL', STATES, key)
    else
        redis.call('HSET', VERSIONS, key, version)
        redis.call('HSET', STATES, key, new_bodies[key])
    end
end
while ARGV[place] do
    local kind, site, camera, door, subject, body = unpack(ARGV, place, place + 5)
    number = number + 1
    redis.call('XADD', EVENTS, number .. '-0', 'at', now, 'kind', kind, 'site', site, 'camera', camera, 'door', door,
        'subject', subject, 'body', body)
    if subject ~= '' then
        local entry = cjson.encode({number, now, kind, site, camera, door, subject, body})
        redis.call('HSET', LATEST, kind .. '\0' .. subject, entry)
    end
    place = place + 6
end
redis.call('HSET', LOG, 'number', number)
changed()
return answer()
