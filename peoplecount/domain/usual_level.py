"""What lines usually count at an hour of a weekday: the level that silence and a turned direction are seen against."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from statistics import fmean, median

from peoplecount.domain.figures import Figures
from peoplecount.domain.line_days import LineDays

WEEKS = 8
"""What is usual is the median of the same hour of the same weekday in that many weeks."""

LEAST_WEEKS = 3

WIDEST = 1.0
"""The least shape of the spread of one day's traffic about the usual: rain and holidays are no reason for an alarm."""

NARROWEST = 100.0

Usual = tuple[float, float]
"""People in and people out."""


class UsualLevels:
    """The usual levels of the lines of a site, worked out when they are asked for."""

    def __init__(self, lines: Mapping[str, LineDays]) -> None:
        self._lines = lines
        self._levels: dict[tuple[str, date], dict[int, Usual]] = {}

    def of(self, line_id: str, day: date) -> dict[int, Usual]:
        """People in and out by the hour of such a day, from the weeks before it.

        Hours of which fewer than three weeks are known are left out.
        """
        key = (line_id, day)
        if key not in self._levels:
            self._levels[key] = _usual(self._lines[line_id], day)
        return self._levels[key]

    def busyness(self, without: str, day: date, hour: int) -> float:
        """How busy the other lines are beside what is usual, at most 1; 1 where there are none to go by."""
        seen = expected = 0.0
        for line_id, line in self._lines.items():
            figures, level = line.days.get(day, {}).get(hour), self.of(line_id, day).get(hour)
            if line_id != without and figures is not None and level is not None:
                seen, expected = seen + people(figures), expected + sum(level)
        return min(1.0, seen / expected) if expected else 1.0

    def shape(self, line_id: str, day: date) -> float:
        """The shape of the spread of a day's traffic about the usual (a gamma's); the smaller, the wider."""
        by_weekday: dict[int, list[int]] = {}
        for one, hours in self._lines[line_id].whole():
            if day - timedelta(weeks=WEEKS) <= one < day:
                by_weekday.setdefault(one.weekday(), []).append(sum(map(people, hours.values())))
        ratios = [count / centre for days in by_weekday.values() if (centre := median(days)) for count in days if count]
        if len(ratios) < LEAST_WEEKS:
            return WIDEST
        variance = fmean((ratio - 1) ** 2 for ratio in ratios)
        return min(NARROWEST, max(WIDEST, 1 / variance)) if variance else NARROWEST


def people(figures: Figures) -> int:
    """Both ways."""
    return figures.entered + figures.left


def _usual(line: LineDays, day: date) -> dict[int, Usual]:
    weeks = [line.days.get(day - timedelta(weeks=week), {}) for week in range(1, WEEKS + 1)]
    found = {}
    for hour in set().union(*weeks):
        told = [week[hour] for week in weeks if hour in week]
        if len(told) >= LEAST_WEEKS:
            found[hour] = (float(median(one.entered for one in told)), float(median(one.left for one in told)))
    return found
