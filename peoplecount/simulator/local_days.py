"""Local days: from where to where a calendar day lasts in a time zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo


class LocalDays:
    """The calendar days of a time zone, as instants (seconds since 1970 UTC)."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self._starts: dict[date, float] = {}

    def day_of(self, instant: float) -> date:
        """The calendar day an instant falls on."""
        return datetime.fromtimestamp(instant, self.zone).date()

    def start_of(self, day: date) -> float:
        """The instant of local midnight, or of the first moment where a day has no midnight."""
        start = self._starts.get(day)
        if start is None:
            start = datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp()
            self._starts[day] = start
        return start

    def end_of(self, day: date) -> float:
        """The instant at which the next day begins: 23 to 25 hours later."""
        return self.start_of(day + timedelta(days=1))

    def between(self, start: float, end: float) -> Iterator[date]:
        """The days that ``start`` to ``end`` touches."""
        day, last = self.day_of(start), self.day_of(end)
        while day <= last:
            yield day
            day += timedelta(days=1)
