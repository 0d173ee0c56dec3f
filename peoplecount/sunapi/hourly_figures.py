"""Figures by the hour, as both search interfaces give them, and what they are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, TypeVar

from peoplecount.domain.day_history import HOURS_A_DAY, DayHours
from peoplecount.sunapi.answers import clean, people
from peoplecount.sunapi.configuration import Spot

K = TypeVar("K")

_DIRECTIONS = ("IN", "OUT")


@dataclass(frozen=True, slots=True)
class Found:
    """What a search says of the lines it was for: each is in one of the two."""

    hours: Mapping[Spot, DayHours] = field(default_factory=dict)
    missing: Mapping[Spot, str] = field(default_factory=dict)
    """Why a line has no history, in words."""


class HourlyFigures(Generic[K]):
    """The figures of one answer by line, whatever names its interface gives lines.

    An answer that contradicts itself or holds anything but counts is of no use for the line in question.
    """

    def __init__(self, interval: object) -> None:
        """``interval`` is what the camera says its figures stand for."""
        self._interval = clean(interval)
        self._figures: dict[K, dict[str, tuple[int, ...] | None]] = {}
        self._faults: dict[K, str] = {}

    @property
    def lines(self) -> tuple[K, ...]:
        """The lines that the answer has, as it names them."""
        return tuple(self._figures)

    def add(self, line: K, direction: object, result: object) -> None:
        """Take up a ``Result``; directions other than in and out are passed over."""
        name = clean(direction).upper()
        known = self._figures.setdefault(line, {})
        if name not in _DIRECTIONS:
            return
        figures = hours_of(result)
        if figures is None:
            self._faults.setdefault(line, f"its figures for {name} are not the counts of a day's hours")
        if known.setdefault(name, figures) != figures:
            self._faults.setdefault(line, f"its figures for {name} come more than once and differ")

    def of(self, line: K | None, day: date) -> DayHours | str:
        """A line's hours, or why it has none; ``None`` is a line that the answer does not have."""
        if self._interval.lower() != "hourly":
            given = self._interval or "something without a name"
            return f"the camera gives {given!r} where Hourly is expected, and says not what its figures stand for"
        if line is None or line not in self._figures:
            return "the camera's history does not have the line"
        if line in self._faults:
            return self._faults[line]
        entered, left = (self._figures[line].get(name) for name in _DIRECTIONS)
        if entered is None or left is None:
            return f"the camera's history has no figures for {'IN' if entered is None else 'OUT'}"
        known = min(len(entered), len(left))
        return DayHours(day, entered[:known], left[:known])


def hours_of(result: object) -> tuple[int, ...] | None:
    """Counts by hour, from comma-separated text or a list of numbers or texts; ``None`` for anything else.

    Text is what manuals show also within JSON (SUNAPI Recording manual 2.6.2); the queue search has a list of texts,
    WiseAI a list of numbers. Fewer than 24 are taken as the first ones of the day; more only if nobody is in them.
    """
    if isinstance(result, str):
        text = result.strip().removesuffix(",")
        result = text.split(",") if text else []
    if not isinstance(result, list):
        return None
    counts = [people(value) for value in result]
    if None in counts or any(counts[HOURS_A_DAY:]):
        return None
    return tuple(count for count in counts[:HOURS_A_DAY] if count is not None)


def sort_out(found: Mapping[Spot, DayHours | str]) -> Found:
    """The lines with hours and those with reasons apart."""
    return Found(
        {spot: hours for spot, hours in found.items() if isinstance(hours, DayHours)},
        {spot: reason for spot, reason in found.items() if isinstance(reason, str)},
    )
