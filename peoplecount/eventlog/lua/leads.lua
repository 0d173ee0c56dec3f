-- ARGV: term. Whether whoever has it can append.
return answer(leads(ARGV[4]) and 1 or 0)
