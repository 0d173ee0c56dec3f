next_term()
changed()
return answer(term)
