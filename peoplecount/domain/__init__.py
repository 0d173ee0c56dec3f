"""Data and arithmetic: standard library only, no input or output, no clock."""
