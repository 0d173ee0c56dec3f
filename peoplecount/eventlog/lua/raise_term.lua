-- Whoever has a shard has it no longer.
redis.call('DEL', SHARDS, TENURES)
next_term()
redis.call('HSET', TENURES, term, '')
changed()
return answer(term)
