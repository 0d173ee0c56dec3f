new_epoch()
return answer()
