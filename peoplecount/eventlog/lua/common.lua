-- Every script begins with this. KEYS name the parts of the log. ARGV begins with an epoch to take where a new one is
-- due, and with the newest id that the caller has been told; what a script needs besides stands from ARGV[4] on.
-- How what lies under our keys is laid out. A program that lays it out otherwise has a greater number, and arrive.lua
-- changes what an older one has left; a log without a number is of the first layout.
local LAYOUT = 1

local LOG, EVENTS, FOLDED, LATEST, STATES, VERSIONS, SEEN, SHARDS, TENURES, MEMBERS = unpack(KEYS)

local kept = redis.call('HMGET', LOG, 'epoch', 'number', 'term', 'trimmed', 'folded', 'layout')
local epoch, number, term = kept[1], tonumber(kept[2] or 0), kept[3] or '0'
local trimmed, folded = tonumber(kept[4] or 0), tonumber(kept[5] or 0)

local layout = kept[6]
if layout and (tonumber(layout) or math.huge) > LAYOUT then
    return redis.error_reply('LAYOUT ' .. layout .. ' is newer than ' .. LAYOUT)
end

local function changed()
    redis.call('HINCRBY', LOG, 'changes', 1)
end

-- Microseconds of the server's clock: so a term that was lost with the end of the log is not given to somebody else.
local function next_term()
    local now = redis.call('TIME')
    term = string.format('%.0f', math.max(tonumber(term) + 1, now[1] * 1000000 + now[2]))
    redis.call('HSET', LOG, 'term', term)
end

local function new_epoch()
    epoch = ARGV[1]
    redis.call('HSET', LOG, 'epoch', epoch)
    changed()
end

-- Whoever has a shard started from what is not there any more, so that nobody has one from here on.
local function begin_anew()
    new_epoch()
    next_term()
    redis.call('DEL', SHARDS, TENURES)
end

if not epoch or (epoch == ARGV[2] and number < tonumber(ARGV[3])) then
    begin_anew()
end

local function answer(...)
    return {epoch, number, redis.call('HGET', LOG, 'changes'), ...}
end

-- Whether nobody has been given anything since that was had by this term.
local function leads(by_term)
    return redis.call('HEXISTS', TENURES, by_term) == 1
end

local function is_there(member)
    local now, until_moment = redis.call('TIME'), redis.call('ZSCORE', MEMBERS, member)
    return until_moment and tonumber(until_moment) > now[1] * 1000 + math.floor(now[2] / 1000)
end

local function is_free(shard)
    local by_term = redis.call('HGET', SHARDS, shard)
    local holder = by_term and redis.call('HGET', TENURES, by_term)
    return not (holder and is_there(holder))
end

-- The fields of an entry in the stream stand in the order in which they were added: name, value, name, value.
local AT, BODY = 2, 14

local function body_of(entry_number, fields)
    return entry_number <= folded and redis.call('HGET', FOLDED, entry_number) or fields[BODY]
end

local function number_of(id)
    return tonumber(string.match(id, '^%d+'))
end

-- New bodies of entries that were rewritten, by their place among those found; the stream itself cannot be changed.
local function rewritten_among(found)
    local places = {}
    for place, entry in ipairs(found) do
        local entry_number = number_of(entry[1])
        if entry_number > folded then
            break
        end
        local body = redis.call('HGET', FOLDED, entry_number)
        if body then
            places[#places + 1] = {place - 1, body}
        end
    end
    return places
end

local function note_incomplete(up_to)
    local last = redis.call('XREVRANGE', EVENTS, up_to, '-', 'COUNT', 1)[1]
    if last then
        local before = redis.call('HGET', LOG, 'incomplete')
        if not before or tonumber(before) < tonumber(last[2][AT]) then
            redis.call('HSET', LOG, 'incomplete', last[2][AT])
        end
    end
end
