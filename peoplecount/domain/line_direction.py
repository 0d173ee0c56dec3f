"""Direction: whether a line counts the other way round than it used to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import log
from statistics import median

from peoplecount.domain.figures import Figures
from peoplecount.domain.line_days import Day, LineDays
from peoplecount.domain.usual_level import Usual, UsualLevels

LEAST_EVIDENCE = 10.0
"""How much more likely the day must be the other way round: this many times e, about 20,000 to 1."""

LEAST_SPREAD = 1.0
"""Counts vary at least as much as chance has it."""

SPREAD_DAYS = 14
LEAST_RATE = 0.5
"""People an hour: nothing is so rare that one person proves anything."""


@dataclass(frozen=True, slots=True)
class Turned:
    """A line whose in and out look exchanged since a day."""

    since: date
    evidence: float
    """How much more likely the newest day is the other way round, as a power of e."""


def turned(levels: UsualLevels, line_id: str, line: LineDays, day: date) -> Turned | None:
    """Whether a line counts the other way round than in the weeks before ``day``; ``None`` where nobody can tell.

    A line is told from its reverse by the hours at which people come and go. So one at which as many come as go at
    all hours cannot be told, and need not be: it makes no difference.
    """
    evidence = _evidence(levels, line_id, line, day)
    if evidence < LEAST_EVIDENCE:
        return None
    since = day
    while _evidence(levels, line_id, line, since - timedelta(days=1)) >= LEAST_EVIDENCE:
        since -= timedelta(days=1)
    return Turned(since, evidence)


def _evidence(levels: UsualLevels, line_id: str, line: LineDays, day: date) -> float:
    """How much more likely a day is the other way round, as a power of e; below 0 where it is as usual."""
    hours, usual = line.days.get(day, {}), levels.of(line_id, day)
    spreads = [
        _spread(line.days[one], levels.of(line_id, one))
        for ago in range(1, SPREAD_DAYS + 1)
        if (one := day - timedelta(days=ago)) in line.days and levels.of(line_id, one)
    ]
    if not usual or not spreads:
        return 0.0
    spread = max(LEAST_SPREAD, median(spreads))
    return sum(_turned_rather(hours[hour], usual[hour]) for hour in hours.keys() & usual.keys()) / spread


def _turned_rather(counted: Figures, usual: Usual) -> float:
    entered, left = (max(LEAST_RATE, rate) for rate in usual)
    return (counted.entered - counted.left) * log(left / entered)


def _spread(hours: Day, usual: dict[int, Usual]) -> float:
    """How many times more a day's counts vary about the usual than by chance (the variance for a mean of one)."""
    parts = [
        (count - max(LEAST_RATE, rate)) ** 2 / max(LEAST_RATE, rate)
        for hour in hours.keys() & usual.keys()
        for count, rate in zip((hours[hour].entered, hours[hour].left), usual[hour], strict=True)
    ]
    return sum(parts) / len(parts) if parts else LEAST_SPREAD
