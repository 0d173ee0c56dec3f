-- KEYS: texts and versions. ARGV: key. Its text and version.
return {redis.call('HGET', KEYS[1], ARGV[1]), redis.call('HGET', KEYS[2], ARGV[1])}
