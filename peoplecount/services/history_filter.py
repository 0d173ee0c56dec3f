"""Opening hours and holidays as a view of the past: they choose hours and change nothing that is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from peoplecount.domain.history_period import ONE_DAY
from peoplecount.domain.opening_hours import OpeningHours
from peoplecount.services.history_query import Days, HistoryQuery, Hours

LOOKED_AT = timedelta(minutes=15)

OpenHours = tuple[tuple[int, int], ...]
"""See ``OpeningHours.hours``."""

Holidays = Callable[[date], str]
"""What is celebrated on a day; empty: nothing."""


def no_holidays(_: str) -> Holidays:
    """Where nobody has said which there are."""
    return lambda _day: ""


@dataclass(slots=True)
class HistoryFilter:
    """Which stretches count. An hour that a site is open for a part of counts as open, and not as closed."""

    _query: HistoryQuery
    _opening: OpeningHours | None
    _holidays: Holidays
    _step: timedelta
    _known: dict[tuple[date, int], bool] = field(default_factory=dict)
    _hours: dict[date, tuple[OpenHours, ...]] = field(default_factory=dict)
    _open: dict[tuple[tuple[OpenHours, ...], int], bool] = field(default_factory=dict)

    @classmethod
    def of(cls, query: HistoryQuery, opening_hours: str, holidays: Holidays, step: timedelta) -> HistoryFilter | None:
        """As a question says; ``None`` where everything counts. Without opening hours a site is open all day."""
        if not query.is_filtered:
            return None
        try:
            opening = OpeningHours.parse(opening_hours) if opening_hours else None
        except ValueError:  # checked when it was entered; an installation's own view may say anything
            opening = None
        return cls(query, opening, holidays, step)

    def wanted(self, local: datetime) -> bool:
        """Whether what begins at a moment of the wall clock counts."""
        key = (local.date(), local.hour * 60 + local.minute)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._wanted(local)
        return found

    def _wanted(self, local: datetime) -> bool:
        days, hours = self._query.days, self._query.hours
        if days is not Days.ALL and bool(self._holidays(local.date())) != (days is Days.HOLIDAYS):
            return False
        return hours is Hours.ALL or self._is_open(local) == (hours is Hours.OPEN)

    def _is_open(self, local: datetime) -> bool:
        """A year has thousands of hours, and few kinds of days: each hour of each kind is looked at once."""
        if self._opening is None:
            return True
        key = self._hours_around(self._opening, local.date()), local.hour * 60 + local.minute
        found = self._open.get(key)
        if found is None:
            begin = local.replace(tzinfo=None)
            looks = range(max(1, self._step // LOOKED_AT))
            found = self._open[key] = any(self._opening.is_open(begin + number * LOOKED_AT) for number in looks)
        return found

    def _hours_around(self, opening: OpeningHours, day: date) -> tuple[OpenHours, ...]:
        """Of the day, of the one before, which may reach into it, and of the one after, which a stretch may reach."""
        found = self._hours.get(day)
        if found is None:
            found = self._hours[day] = tuple(opening.hours(day + number * ONE_DAY) for number in (-1, 0, 1))
        return found
