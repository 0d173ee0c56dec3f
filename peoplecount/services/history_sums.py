"""Stretches of a place put together into the parts of a period, and into the hours of a week."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from zoneinfo import ZoneInfo

from peoplecount.domain.history_period import ONE_DAY, Part, day_start
from peoplecount.domain.place_sum import PlaceStretch, PlaceSum, unseen_rows
from peoplecount.domain.roll_up import HOUR
from peoplecount.services.unhurried import Breath, unhurried

HOURS_A_WEEK = 168

SUMMED_AT_ONCE = 1_000
"""Stretches after which others have their turn; they take some 10 ms."""

_START, _ENTERED, _LEFT, _BY_QUALITY = map(attrgetter, ("start", "entered", "left", "by_quality"))

Wanted = Callable[[datetime], bool]
"""Whether what begins at a moment of the wall clock counts."""


@dataclass(slots=True)
class WeekHours:
    """People in and out by hour of the week, from Monday at midnight."""

    entered: list[int] = field(default_factory=lambda: [0] * HOURS_A_WEEK)
    left: list[int] = field(default_factory=lambda: [0] * HOURS_A_WEEK)
    hours: list[float] = field(default_factory=lambda: [0.0] * HOURS_A_WEEK)
    """How many hours are in it of which something is known."""

    def add(self, place: int, stretches: Sequence[PlaceStretch], hours: float) -> None:
        """Stretches of which something is known, and how many hours those are; ``place`` is their hour of the week."""
        self.entered[place] += sum(map(_ENTERED, stretches))
        self.left[place] += sum(map(_LEFT, stretches))
        self.hours[place] += hours

    def mean(self, place: int) -> float | None:
        """People who came in such an hour; ``None`` where nothing is known of any."""
        return self.entered[place] / self.hours[place] if self.hours[place] else None


@dataclass(frozen=True, slots=True)
class Summed:
    """A period in parts."""

    parts: Sequence[PlaceSum]
    week: WeekHours

    @property
    def total(self) -> PlaceSum:
        """All parts together."""
        total = PlaceSum()
        for each in self.parts:
            total.include(each)
        return total


def merged(stretches: Iterable[PlaceStretch], differences: Iterable[PlaceStretch]) -> list[PlaceStretch]:
    """Stretches with differences added to them, by place and time."""
    found = {(one.subject, one.start): one for one in stretches}
    for one in differences:
        known = found.get((one.subject, one.start))
        if known is not None:
            by_quality = tuple(map(sum, zip(known.by_quality, one.by_quality, strict=True)))
            found[one.subject, one.start] = PlaceStretch(
                one.subject,
                one.start,
                known.entered + one.entered,
                known.left + one.left,
                by_quality,
                known.covered,
                known.coverages,
            )
    return list(found.values())


def cut_at(end: datetime, stretches: Iterable[PlaceStretch], step: timedelta) -> list[PlaceStretch]:
    """What lies before ``end``: of a stretch that ends later, as many people as fall to the time before."""
    last = end - step
    found: list[PlaceStretch] = []
    entered = left = 0.0  # with what rounding left of the ones before: in many small places it adds up
    for one in stretches:
        if one.start <= last:
            found.append(one)
        elif one.start < end:
            share = (end - one.start) / step
            entered, left = entered + one.entered * share, left + one.left * share
            found.append(one._replace(entered=round(entered), left=round(left)))
            entered, left = entered - round(entered), left - round(left)
    return found


def together(subject: str, start: datetime, stretches: Iterable[PlaceStretch]) -> PlaceStretch:
    """All of them as one."""
    of = PlaceSum()
    for one in unhurried(stretches, Breath(SUMMED_AT_ONCE)):
        of.add(one)
    return PlaceStretch(subject, start, of.entered, of.left, tuple(of.by_quality), of.covered, of.coverages)


def sum_up(
    stretches: Iterable[PlaceStretch],
    parts: Sequence[Part],
    step: timedelta,
    zone: ZoneInfo,
    *,
    until: datetime,
    wanted: Wanted | None = None,
) -> Summed:
    """Put one place's stretches together, those that begin before ``until`` (UTC) and are ``wanted``.

    In the hours of the week are only those that were over by then.
    """
    together = [one for one in _together(stretches) if one.start < until]
    sums = [PlaceSum() for _ in parts]
    last_over = until - step
    of_parts: list[list[PlaceStretch]] = [[] for _ in parts]
    week = _Week(step)
    place = 0
    for one, unseen in unhurried(_with_unseen(together, step, zone), Breath(SUMMED_AT_ONCE)):
        local = one.start.astimezone(zone)
        if wanted is not None and not wanted(local):
            continue
        while place < len(parts) and parts[place].end <= one.start:
            place += 1
        if place == len(parts):
            break
        if one.start < parts[place].start:
            continue
        of_parts[place].append(one)
        if one.start <= last_over:
            week.add(local, one)
        if unseen:
            sums[place].unseen += unseen
    for each, stretches_of_it in zip(sums, of_parts, strict=True):
        each.add_all(stretches_of_it)
    return Summed(sums, week.hours())


class _Week:
    """Stretches by hour of the week, in order of time."""

    def __init__(self, step: timedelta) -> None:
        self._step = step
        self._minutes = step // timedelta(minutes=1)
        self._stretches: list[list[PlaceStretch]] = [[] for _ in range(HOURS_A_WEEK)]
        self._times = [0] * HOURS_A_WEEK
        self._counted: datetime | None = None

    def add(self, local: datetime, one: PlaceStretch) -> None:
        """One more, of which something may be known; another that began in the same hour tells that hour once."""
        if not any(one.by_quality[:-1]):
            return
        place = local.weekday() * 24 + local.hour
        self._stretches[place].append(one)
        late = local.minute % self._minutes
        hour = one.start - timedelta(minutes=late) if late else one.start
        if hour != self._counted:
            self._times[place] += 1
            self._counted = hour

    def hours(self) -> WeekHours:
        """All of them."""
        week = WeekHours()
        for place, stretches in enumerate(self._stretches):
            week.add(place, stretches, self._times[place] * (self._step / HOUR))
        return week


def _together(stretches: Iterable[PlaceStretch]) -> list[PlaceStretch]:
    """By time. Of lines that changed doors there may be two of one time."""
    in_order = sorted(stretches, key=_START)
    if len(set(map(_START, in_order))) == len(in_order):
        return in_order
    found: list[PlaceStretch] = []
    for one in in_order:
        if found and found[-1].start == one.start:
            both = PlaceSum()
            both.add(found.pop())
            both.add(one)
            figures = (both.entered, both.left, tuple(both.by_quality), both.covered, both.coverages)
            one = PlaceStretch(one.subject, one.start, *figures)  # noqa: PLW2901 - the two as one
        found.append(one)
    return found


def _with_unseen(
    stretches: Sequence[PlaceStretch], step: timedelta, zone: ZoneInfo
) -> Iterable[tuple[PlaceStretch, int]]:
    """Every stretch from the first to the last, also those nothing is there of, and how many rows lack in each.

    Hours of cameras whose clocks are half an hour apart begin at different times: each is told, and is there.
    """
    if not stretches:
        return
    first = stretches[0].start
    if step != ONE_DAY and _is_whole(stretches, step):
        yield from ((one, 0) for one in stretches)
        return
    # Halves are added because a day may have an hour more or less.
    places = [(one.start - first + step / 2) // step for one in stretches]
    rows = [0] * (places[-1] + 1)
    for place, one in zip(places, stretches, strict=True):
        rows[place] += _rows_of_a_day(one, zone) if step == ONE_DAY else one.rows
    unseen = unseen_rows(rows)
    nothing = (0,) * len(stretches[0].by_quality)
    following = 0
    for place, one in zip(places, stretches, strict=True):
        for gap in range(following, place):
            if unseen[gap]:
                yield PlaceStretch(one.subject, first + gap * step, 0, 0, nothing, 0.0, 0), unseen[gap]
        yield one, unseen[place] if following <= place else 0
        following = place + 1


def _is_whole(stretches: Sequence[PlaceStretch], step: timedelta) -> bool:
    """Whether there is no gap between the first and the last, and all have as many rows: the most usual year."""
    has_all = stretches[-1].start - stretches[0].start == (len(stretches) - 1) * step
    return has_all and len({sum(one) for one in set(map(_BY_QUALITY, stretches))}) == 1


def _rows_of_a_day(one: PlaceStretch, zone: ZoneInfo) -> int:
    """As many as it would have with 24 hours."""
    following = day_start(one.start.astimezone(zone).date() + ONE_DAY, zone)
    return round(one.rows * (ONE_DAY / (following - one.start)))
