"""What letters say: alerts and reports in the words, numbers and dates of their readers' language."""
