"""Peoplecount: entry and exit counts from Hanwha people-counting cameras, live and kept."""

__version__ = "0.2.0"
