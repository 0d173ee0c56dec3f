"""A day's history: what a camera itself remembers of one of its days, hour by hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from peoplecount.domain.line import LineKey

HOURS_A_DAY = 24
"""Slots of a camera's history, also on days on which clocks change: it goes by the wall clock."""


@dataclass(frozen=True, slots=True)
class DayHours:
    """People in and out of one line by the hour of its camera's wall clock.

    Both directions have equally many hours, at most 24; those after the last one are unknown. An hour that is not over
    yet may hold anything from 0 to what has come so far.
    """

    day: date
    """The camera-local day."""

    entered: tuple[int, ...]
    """By hour; the first is from 00:00 to 01:00."""

    left: tuple[int, ...]

    def through(self, hours: int) -> DayHours:
        """So many hours of it from midnight on, at most."""
        return DayHours(self.day, self.entered[:hours], self.left[:hours])


@dataclass(frozen=True, slots=True)
class DayHistory:
    """The hours of a camera's lines on one of its days. A line is either in ``hours`` or in ``missing``."""

    day: date
    hours: Mapping[LineKey, DayHours]
    missing: Mapping[LineKey, str]
    """Lines that have no history, each with the reason in words."""

    serial: str = ""
    """Of the device that was asked, as in ``Reading``: one put in its place since remembers nothing of the day."""

    def through(self, hours: int) -> DayHistory:
        """So many hours of it from midnight on, at most."""
        return replace(self, hours={key: of_line.through(hours) for key, of_line in self.hours.items()})
