"""Silence: a line that counts nobody although it should."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, lgamma, log, log1p

from peoplecount.domain.figures import Figures
from peoplecount.domain.line_days import LineDays
from peoplecount.domain.usual_level import UsualLevels, people

SILENT_SHARE = 0.02
"""A line that counts at most this share of what it should is silent; a sensor that half fails still sees a shadow."""

LEAST_EXPECTED = 20.0
"""People that must have been expected before a line is called silent."""

LEAST_HEARD = 1.0
"""People in an hour who are no proof that a line works; also one that does not sees a shadow."""

CHANCE = 1e-4
"""How seldom a line may be called silent that is not: once in ten thousand looks."""

LONGEST_LOOK = 14
"""Days."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A line that should have counted people and did not."""

    hours: int
    """For so many hours up to now."""

    expected: float
    """People in and out it should have counted, as busy as the site's other lines were."""

    counted: int
    chance: float
    """How likely so few are at a line that works."""


def silence(levels: UsualLevels, line_id: str, line: LineDays, day: date, hour: int) -> Silence | None:
    """Whether a line is silent at the end of an hour of a day; ``None`` where it is not, or nobody can tell.

    Looked at are the hours back from there in which it counted next to nothing. What it should have counted is lowered
    where the site's other lines are less busy than usual too: then it is a holiday. A line that was not read is
    another matter, and so is an hour of which it is not known what is usual. Hours after it, such as the one under way,
    are no proof of silence, but end it.
    """
    if _is_heard_after(levels, line_id, line, day, hour):
        return None
    expected, counted, hours = 0.0, 0, 0
    for at_day, at_hour in _backwards(day, hour):
        figures, level = line.days.get(at_day, {}).get(at_hour), levels.of(line_id, at_day).get(at_hour)
        if figures is None or level is None:
            break
        due = sum(level) * levels.busyness(line_id, at_day, at_hour)
        if _is_heard(figures, due):
            break
        expected, counted, hours = expected + due, counted + people(figures), hours + 1
    if expected < LEAST_EXPECTED or counted > SILENT_SHARE * expected:
        return None
    chance = tail(counted, expected, levels.shape(line_id, day))
    return Silence(hours, expected, counted, chance) if chance <= CHANCE else None


def _is_heard_after(levels: UsualLevels, line_id: str, line: LineDays, day: date, hour: int) -> bool:
    """Whether more than a shadow has crossed since."""
    for at_day in (day, day + timedelta(days=1)):
        usual = levels.of(line_id, at_day)
        for at_hour, figures in line.days.get(at_day, {}).items():
            if (at_day, at_hour) > (day, hour) and _is_heard(figures, sum(usual.get(at_hour, (0.0, 0.0)))):
                return True
    return False


def _is_heard(figures: Figures, due: float) -> bool:
    """Whether so many are more than a shadow where so many are due."""
    return people(figures) > max(LEAST_HEARD, SILENT_SHARE * due)


def _backwards(day: date, hour: int) -> Iterator[tuple[date, int]]:
    yield from ((day, index) for index in range(hour, -1, -1))
    for ago in range(1, LONGEST_LOOK):
        yield from ((day - timedelta(days=ago), index) for index in range(23, -1, -1))


def tail(counted: int, expected: float, shape: float) -> float:
    """The chance of at most so many where so many are expected: a negative binomial with this shape."""
    share = log(expected) - log(shape + expected)
    nobody = -shape * log1p(expected / shape)
    terms = (
        nobody + lgamma(shape + number) - lgamma(shape) - lgamma(number + 1) + number * share
        for number in range(counted + 1)
    )
    return min(1.0, sum(map(exp, terms)))
