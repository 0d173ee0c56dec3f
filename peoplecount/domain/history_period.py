"""Periods of the past by a place's own calendar: hours, days, weeks and months, also where clocks change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
A_WEEK = 7
A_YEAR = 364
"""Days: 52 weeks, so that Mondays stand beside Mondays."""


class Grain(StrEnum):
    """How long the parts of a period are."""

    QUARTER = "15"
    HOUR = "60"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def length(self) -> timedelta | None:
        """``None`` for those that the calendar makes."""
        return timedelta(minutes=int(self.value)) if self in (Grain.QUARTER, Grain.HOUR) else None


class Beside(StrEnum):
    """What a period is compared with."""

    NOTHING = "none"
    BEFORE = "previous"
    YEAR = "year"


class Part(NamedTuple):
    """A part of a period: an hour of it, or a month."""

    start: datetime
    """UTC."""

    end: datetime
    local: datetime
    """When it begins by the place's wall clock, without a zone."""

    turn: int = 0
    """1 where the wall clock showed the same once before: the second of two hours when clocks are put back."""

    is_cut: bool = False
    """Whether the period has only a part of that week or month."""


@dataclass(frozen=True, slots=True)
class HistoryPeriod:
    """Whole days of a place's wall clock, from ``first`` to ``last``."""

    first: date
    last: date
    """Included."""

    zone: ZoneInfo

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    @property
    def start(self) -> datetime:
        """UTC."""
        return day_start(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """UTC; the first moment after it."""
        return day_start(self.last + ONE_DAY, self.zone)

    def parts(self, grain: Grain) -> Iterator[Part]:
        """In order, one after the other, without a gap."""
        length = grain.length
        return self._by_length(length) if length else self._by_calendar(grain)

    def count(self, grain: Grain) -> int:
        """How many parts there are, about."""
        return self.days * {Grain.QUARTER: 96, Grain.HOUR: 24}.get(grain, 1)

    def beside(self, beside: Beside, grain: Grain) -> HistoryPeriod:
        """The period it is compared with. Weekdays stand beside the same weekdays, and months beside months."""
        if grain is Grain.MONTH and self._is_of_months():
            months = 12 if beside is Beside.YEAR else _months(self.first, self.last)
            last = _shifted(self.last.replace(day=1), -months)
            return HistoryPeriod(_shifted(self.first, -months), _end_of_month(last), self.zone)
        days = timedelta(days=A_YEAR if beside is Beside.YEAR else -(-self.days // A_WEEK) * A_WEEK)
        return HistoryPeriod(self.first - days, self.last - days, self.zone)

    def same_moment(self, moment: datetime, beside: HistoryPeriod, grain: Grain) -> datetime:
        """How far the period it stands beside is looked at, where this one is looked at up to a moment (UTC).

        That is when the clocks showed the same, on the day that stands beside its day.
        """
        if not self.start < moment < self.end:
            return beside.start if moment <= self.start else beside.end
        local = moment.astimezone(self.zone).replace(tzinfo=None)
        shown, end = local - (self.first - beside.first), beside.end
        if grain is Grain.MONTH and self._is_of_months():
            both = zip(self.parts(grain), beside.parts(grain), strict=False)
            part, other = next(two for two in both if moment < two[0].end)
            shown, end = other.local + (local - part.local), other.end
        return min(shown.replace(tzinfo=self.zone, fold=local.fold).astimezone(UTC), end)

    def _is_of_months(self) -> bool:
        return self.first.day == 1 and (self.last + ONE_DAY).day == 1

    def _by_length(self, length: timedelta) -> Iterator[Part]:
        """On full hours, or quarters, of UTC; those of the wall clock are the same in all zones that are in use."""
        start, before = self.start, set[datetime]()
        while start < self.end:
            local = start.astimezone(self.zone).replace(tzinfo=None, fold=0)
            yield Part(start, start + length, local, int(local in before))
            before.add(local)
            start += length

    def _by_calendar(self, grain: Grain) -> Iterator[Part]:
        day = self.first
        while day <= self.last:
            whole, following = _around(day, grain)
            after = min(following, self.last + ONE_DAY)
            cut = whole < day or after < following
            yield Part(
                day_start(day, self.zone), day_start(after, self.zone), datetime.combine(day, time()), is_cut=cut
            )
            day = after


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins, in UTC. Where clocks are put on at midnight, that is when they show one o'clock."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _around(day: date, grain: Grain) -> tuple[date, date]:
    """The first day of the day's own day, week (from Monday) or month, and the first one after it."""
    if grain is Grain.DAY:
        return day, day + ONE_DAY
    if grain is Grain.WEEK:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=A_WEEK)
    first = day.replace(day=1)
    return first, _shifted(first, 1)


def _shifted(first: date, months: int) -> date:
    """The first day of a month that many later."""
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def _end_of_month(first: date) -> date:
    return _shifted(first, 1) - ONE_DAY


def _months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month + 1
