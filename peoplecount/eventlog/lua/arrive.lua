-- ARGV: the server's run id, and whether it can be that this server has lost what another one was told.
if not layout then
    redis.call('HSET', LOG, 'layout', LAYOUT)
end
local run_id = redis.call('HGET', LOG, 'run_id')
if run_id ~= ARGV[4] then
    if run_id and ARGV[5] == '1' then
        begin_anew()
    end
    redis.call('HSET', LOG, 'run_id', ARGV[4])
end
return answer()
