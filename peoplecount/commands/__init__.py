"""The commands of ``python -m peoplecount``: entry points, one module each."""
