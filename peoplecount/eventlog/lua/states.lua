return answer(redis.call('HGETALL', STATES), redis.call('HGETALL', VERSIONS))
