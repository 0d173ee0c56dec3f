return answer(redis.call('HVALS', LATEST))
