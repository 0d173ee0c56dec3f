"""What a place usually counts by the hour of such a weekday: what today is shown beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import quantiles
from typing import NamedTuple

from peoplecount.domain.figures import Figures
from peoplecount.domain.usual_level import LEAST_WEEKS, WEEKS

__all__ = ["LEAST_WEEKS", "WEEKS", "Span", "UsualHour", "usual_hours"]

HoursOfDay = Mapping[int, Figures | None]
"""By hour of the wall clock; ``None``, or no entry: not all of it is known. Where nobody came there is a 0."""


class Span(NamedTuple):
    """People in an hour: half of such days lay between ``low`` and ``high``, and half below ``middle``."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, counts: Sequence[int]) -> Span:
        """Of two days at least."""
        low, middle, high = quantiles(counts, n=4, method="inclusive")
        return cls(low, middle, high)


class UsualHour(NamedTuple):
    """What usually crosses in an hour."""

    entered: Span
    left: Span


def usual_hours(days: Sequence[HoursOfDay]) -> dict[int, UsualHour]:
    """By hour, from the same weekday of earlier weeks. Hours of which fewer than three are known are left out."""
    found = {}
    for hour in range(24):
        told = [day.get(hour) for day in days]
        known = [figures for figures in told if figures is not None]
        if len(known) >= LEAST_WEEKS:
            entered, left = [one.entered for one in known], [one.left for one in known]
            found[hour] = UsualHour(Span.of(entered), Span.of(left))
    return found
