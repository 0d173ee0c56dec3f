"""Crossings: who walked over a line, and when, as a pure function of the day."""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left, insort
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from typing import Protocol

from peoplecount.simulator.local_days import LocalDays

_DAYS_AT_HAND = 3
"""Yesterday for the history, today, and tomorrow for a camera whose clock runs ahead."""


class Direction(IntEnum):
    """Which way somebody crossed; also the place in pairs of counts."""

    IN = 0
    OUT = 1


@dataclass(frozen=True, slots=True)
class DayCrossings:
    """The instants (seconds since 1970 UTC, ascending) at which people crossed a line on one local day."""

    entered: array[float] = field(default_factory=lambda: array("d"))
    left: array[float] = field(default_factory=lambda: array("d"))

    def of(self, direction: Direction) -> array[float]:
        """The instants of one direction."""
        return self.entered if direction is Direction.IN else self.left


class Traffic(Protocol):
    """Where people come from: a weekly profile, or counts that somebody else once took."""

    def crossings(self, line_id: str, day: date) -> DayCrossings:
        """Everybody who crosses a line on a local day. The same answer whenever it is asked."""
        ...


class NoTraffic:
    """Nobody comes; for lines that only count who is walked through by hand."""

    def crossings(self, line_id: str, day: date) -> DayCrossings:  # noqa: ARG002
        """Nobody."""
        return DayCrossings()


class LineTraffic:
    """What really crosses one line: the traffic, and people walked through by hand."""

    def __init__(self, traffic: Traffic, line_id: str, days: LocalDays) -> None:
        self._traffic = traffic
        self._line_id = line_id
        self.days = days
        self._at_hand: OrderedDict[date, DayCrossings] = OrderedDict()
        self._latest = (0.0, 0.0, DayCrossings())
        self._whole_days: dict[date, tuple[int, int]] = {}
        self._by_hand: tuple[list[float], list[float]] = ([], [])
        self._lock = threading.Lock()

    def walk(self, direction: Direction, people: int, instant: float) -> None:
        """Send people over the line, all at once."""
        for _ in range(people):
            insort(self._by_hand[direction], instant)

    def count(self, direction: Direction, start: float, end: float) -> int:
        """People who crossed from ``start`` up to, and not including, ``end``."""
        if end <= start:
            return 0
        by_hand = self._by_hand[direction]
        people = bisect_left(by_hand, end) - bisect_left(by_hand, start) if by_hand else 0
        day_start, day_end, crossings = self._latest
        if day_start <= start and end <= day_end:  # what nearly every poll asks for
            return people + _between(crossings.of(direction), start, end)
        for day in self.days.between(start, end):
            people += self._count_day(direction, day, start, end)
        return people

    def _count_day(self, direction: Direction, day: date, start: float, end: float) -> int:
        if start <= self.days.start_of(day) and self.days.end_of(day) <= end:
            return self._whole_day(day)[direction]
        crossings = self._day(day)
        self._latest = (self.days.start_of(day), self.days.end_of(day), crossings)
        return _between(crossings.of(direction), start, end)

    def _whole_day(self, day: date) -> tuple[int, int]:
        """Totals of past days are remembered, so that a year's truth costs no year of crossings."""
        totals = self._whole_days.get(day)
        if totals is None:
            crossings = self._day(day)
            totals = self._whole_days[day] = (len(crossings.entered), len(crossings.left))
        return totals

    def _day(self, day: date) -> DayCrossings:
        with self._lock:
            crossings = self._at_hand.get(day)
            if crossings is None:
                crossings = self._at_hand[day] = self._traffic.crossings(self._line_id, day)
                if len(self._at_hand) > _DAYS_AT_HAND:
                    self._at_hand.popitem(last=False)
            return crossings


def _between(instants: array[float], start: float, end: float) -> int:
    return bisect_left(instants, end) - bisect_left(instants, start)
