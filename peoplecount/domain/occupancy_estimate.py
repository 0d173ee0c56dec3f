"""How many people are inside, as far as it can be told: an estimate with a band that holds it nine times in ten.

Doors miscount a little, and some people come by one way and leave by another. So in minus out drifts, and what it has
drifted by the end of a day, when nobody is inside, is known the next morning. Three things are learned from such days:

- the *bias*: how many people a crossing leaves behind that are not there (or takes away that are), on average;
- how sure that is: it is doubtful before the first day, and a little more each day again, for doors change;
- the *reach*: how many times wider than chance alone the band must be to have held nine in ten of what was found later.

Between two moments at which the number of people is known (*anchors*: closed hours, the quiet of a night, a count by
hand) the estimate is what the doors say, less the bias for each crossing, and the band widens with the traffic. It uses
what was known at its moment and no more. In retrospect more is known, which is what ``anchored`` gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt

from peoplecount.domain.figures import Figures

PROMISE = 0.9
"""How often the band is to hold the people who are inside."""

FIRST_DOUBT = 0.05
"""People a crossing may well leave behind at a site of which nothing is known: makers promise 95 to 98 %."""

NEW_DOUBT = 0.0025
"""By how much a site's bias may well change from one day to the next."""

UNSTEADY = 0.02
"""The share of the crossings by which one day may well differ from the next without any change."""

FIRST_REACH = 2.0
"""Until enough days have been seen to learn it."""

LEAST_DAYS = 10
SCORED_DAYS = 60
"""The reach is learned from that many days and no fewer or more: ten tell what one in ten is, and doors change."""

SCORES_A_DAY = 24

OUTLIER = 3.0
"""A day that is off by more than so many times what is likely (a broken camera, a parade) teaches the less for it."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """People inside, and the band in which they are nine times in ten."""

    people: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Lesson:
    """A stretch between two moments at which the people inside were known, looked back upon."""

    start: int
    """People inside when it began."""

    end: int
    """People inside when it was over."""

    points: tuple[Figures, ...]
    """In and out since it began, summed up: at each hour, say, and at its end."""


@dataclass(frozen=True, slots=True)
class Drift:
    """What is known of how a site's in minus out drifts."""

    bias: float = 0.0
    """People that each crossing leaves behind or, below zero, takes away without their being seen."""

    doubt: float = FIRST_DOUBT**2
    """The variance of ``bias``."""

    days: tuple[tuple[float, ...], ...] = ()
    """Of each of the last stretches: how far off estimates were, in units of what chance alone would do.

    The last figure of each is of its end, where the people inside were known.
    """

    def estimate(self, start: int, crossed: Figures) -> Estimate:
        """People inside who were ``start`` at the last anchor, since when so many have crossed."""
        expected = max(0.0, self._expected(start, crossed))  # below: more came unseen than usual, nobody knows how many
        width = self.reach() * self._chance(crossed)
        people = round(expected)
        low = max(0, floor(expected - width))
        return Estimate(people, min(low, people), max(people, ceil(expected + width)))

    @property
    def is_learned(self) -> bool:
        """Whether enough days have been seen for an estimate to be worth telling."""
        return len(self.days) >= LEAST_DAYS

    def reach(self) -> float:
        """How many times wider than chance alone the band is."""
        if not self.is_learned:
            return FIRST_REACH
        everything = sorted(score for day in self.days for score in day)
        ends = sorted(day[-1] for day in self.days)
        return max(_quantile(everything), _quantile(ends))

    def after(self, lesson: Lesson) -> Drift:
        """What is known once a stretch is over. One without traffic teaches nothing."""
        crossed = lesson.points[-1] if lesson.points else Figures()
        traffic = _traffic(crossed)
        if not traffic:
            return self
        error = lesson.end - self._expected(lesson.start, crossed)
        chance = self._chance(crossed)
        likely = max(chance, abs(error) / OUTLIER)
        gain = self.doubt * traffic / likely**2
        doubt = self.doubt * (1 - gain * traffic) + NEW_DOUBT**2
        days = (*self.days, self._scores(lesson))[-SCORED_DAYS:]
        return Drift(self.bias + gain * error, doubt, days)

    def _expected(self, start: int, crossed: Figures) -> float:
        return start + crossed.entered - crossed.left + self.bias * _traffic(crossed)

    def _chance(self, crossed: Figures) -> float:
        """The standard deviation of the estimate's error: of the bias, of each crossing, of a day of its own kind."""
        traffic = _traffic(crossed)
        return sqrt(self.doubt * traffic**2 + traffic + (UNSTEADY * traffic) ** 2)

    def _scores(self, lesson: Lesson) -> tuple[float, ...]:
        known = [
            (point, truth) for point, truth in zip(lesson.points, anchored(lesson), strict=True) if _traffic(point)
        ]
        inner = known[:: max(1, len(known) // SCORES_A_DAY)]
        scored = [(abs(truth - self._expected(lesson.start, point)), point) for point, truth in inner]
        scored.append((abs(lesson.end - self._expected(lesson.start, lesson.points[-1])), lesson.points[-1]))
        return tuple(round(error / self._chance(point), 4) for error, point in scored)


def anchored(lesson: Lesson) -> list[float]:
    """People inside at each point of a stretch, as well as it can be told once it is over.

    What in minus out was off at the end is taken to have grown with the traffic, which is the likeliest way; where
    that leaves fewer than nobody, nobody was inside.
    """
    if not lesson.points:
        return []
    crossed = lesson.points[-1]
    traffic = _traffic(crossed)
    off = lesson.end - (lesson.start + crossed.entered - crossed.left)
    return [
        max(0.0, lesson.start + point.entered - point.left + (off * _traffic(point) / traffic if traffic else 0.0))
        for point in lesson.points
    ]


def _traffic(crossed: Figures) -> int:
    return max(0, crossed.entered + crossed.left)


def _quantile(values: Sequence[float]) -> float:
    """The value that ``PROMISE`` of sorted values do not exceed."""
    index = ceil(PROMISE * (len(values) + 1)) - 1  # one more than there are: the next one is none of them
    return values[min(index, len(values) - 1)]
