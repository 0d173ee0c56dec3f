return answer(trimmed, folded, redis.call('HGET', LOG, 'incomplete'))
