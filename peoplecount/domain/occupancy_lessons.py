"""What a site's hours teach of how its doors drift: stretches between moments at which the people inside were known."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from peoplecount.domain.figures import Figures
from peoplecount.domain.occupancy_estimate import Drift, Lesson

HOUR = timedelta(hours=1)

QUIET_SHARE = 0.25
"""At a daily reset at which nobody is inside, the hours round it bring at most this share of what an hour brings."""

NEAR = 1.5 * HOUR
"""Before and after a reset. Hours that hold its edges count where they began."""

LEAST_NIGHTS = 3
"""Nights looked at before a site is found not to empty."""

LONGEST_STRETCH = timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class Hour:
    """What a site counted in the hour that began at ``starts_at`` (UTC)."""

    starts_at: datetime
    crossed: Figures
    is_known: bool = True
    """Whether every line of it was counted."""


@dataclass(frozen=True, slots=True, order=True)
class Anchor:
    """A moment (UTC) at which it was known how many people were inside."""

    moment: datetime
    people: int = 0


def learn(hours: Sequence[Hour], anchors: Iterable[Anchor]) -> Drift:
    """What is known of a site's drift after these hours, in order of time."""
    drift = Drift()
    for lesson in lessons(hours, anchors):
        drift = drift.after(lesson)
    return drift


def lessons(hours: Sequence[Hour], anchors: Iterable[Anchor]) -> Iterator[Lesson]:
    """The stretches between anchors, but for those in which something was not counted or that went on for too long.

    An hour that an anchor cuts in two is shared out by time.
    """
    starts = [hour.starts_at for hour in hours]
    for begin, end in pairwise(sorted(anchors)):
        inside = hours[bisect_right(starts, begin.moment - HOUR) : bisect_left(starts, end.moment)]
        if end.moment - begin.moment > LONGEST_STRETCH or not all(hour.is_known for hour in inside):
            continue
        crossed, points = Figures(), []
        for hour in inside:
            crossed += _share(hour, begin.moment, end.moment)
            points.append(crossed)
        yield Lesson(begin.people, end.people, tuple(points))


def _share(hour: Hour, begin: datetime, end: datetime) -> Figures:
    overlap = (min(hour.starts_at + HOUR, end) - max(hour.starts_at, begin)) / HOUR
    return Figures(round(hour.crossed.entered * overlap), round(hour.crossed.left * overlap))


def empties(hours: Sequence[Hour], resets: Sequence[datetime]) -> bool:
    """Whether nobody seems to be inside at the daily resets: hardly anybody crosses in the hours round them.

    Until some nights have been seen, the reset time is believed.
    """
    starts = [hour.starts_at for hour in hours]

    def traffic(begin: datetime, end: datetime) -> int:
        between = hours[bisect_left(starts, begin) : bisect_left(starts, end)]
        return sum(hour.crossed.entered + hour.crossed.left for hour in between)

    shares = []
    for reset in resets:
        day, night = traffic(reset - 24 * HOUR, reset), traffic(reset - NEAR, reset + NEAR)
        if day:
            shares.append((night / day) * (24 * HOUR / (2 * NEAR)))
    return len(shares) < LEAST_NIGHTS or median(shares) <= QUIET_SHARE
