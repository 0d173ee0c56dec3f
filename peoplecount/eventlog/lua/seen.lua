return answer(redis.call('HGETALL', SEEN))
